package proc

import "tabletop/engine/sim"

// Machine is a preset of how fast processes are: durations in microseconds, as distributions.
type Machine struct {
	Name string
	// FirstStart tells of the cluster it was measured on: started for the first time, not restarted.
	FirstStart bool
	Threads    int       // jobs worked on at once
	Service    sim.Table // from reading a message to the end of its handling
	// Handshake is the same for a message that sets up a connection: TLS and authentication.
	Handshake sim.Table
	Timer     sim.Table // from a timer's callback being due to its end
	Turn      sim.Table // from SIGCONT to the process being given a processor
	Wake      sim.Table // from there to a thread running again
	Wire      sim.Table // one way between two processes
}

// Idle is a release build of Kudu on a quiet machine, on loopback.
func Idle() Machine {
	return Machine{Name: "idle", FirstStart: true, Threads: 2,
		Service:   sim.Table{40, 60, 70, 80, 90, 110, 130, 160, 200, 300, 1200},
		Handshake: sim.Table{300, 450, 550, 650, 750, 850, 1000, 1200, 1500, 2000, 5000},
		Timer:     sim.Table{10, 15, 20, 25, 30, 40, 50, 60, 80, 120, 400},
		Turn:      sim.Constant(0),
		Wake:      sim.Table{60, 90, 120, 160, 210, 280, 360, 460, 600, 850, 2500},
		Wire:      sim.Table{20, 25, 30, 32, 35, 38, 42, 48, 55, 70, 200},
	}
}

// Loaded is the same build with a dozen busy neighbours on its core: the process as a whole waits for its turn. So it
// was recorded: calls made 1 to 32 ms after a resume were all answered within 6 ms of each other, around 40 ms.
func Loaded() Machine {
	return Machine{Name: "loaded", FirstStart: true, Threads: 2,
		Service:   sim.Table{40, 60, 80, 100, 120, 150, 200, 300, 500, 1500, 8000},
		Handshake: sim.Table{400, 600, 800, 1000, 1300, 1700, 2300, 3200, 5000, 9000, 20000},
		Timer:     sim.Table{10, 15, 20, 30, 40, 60, 80, 120, 200, 500, 3000},
		Turn:      sim.Table{300, 6000, 12000, 18000, 23000, 27000, 30000, 33000, 36000, 39000, 43000},
		Wake:      sim.Table{60, 100, 150, 200, 280, 380, 500, 700, 1000, 1800, 5000},
		Wire:      sim.Table{20, 25, 30, 32, 35, 38, 42, 48, 55, 70, 200},
	}
}

// SlowBuild is a sanitizer build under test, as in the tickets: everything takes milliseconds.
func SlowBuild() Machine {
	return Machine{Name: "slow-build", Threads: 2,
		Service:   sim.Table{400, 700, 900, 1100, 1400, 1700, 2200, 3000, 4500, 8000, 25000},
		Handshake: sim.Table{900, 1300, 1600, 1900, 2300, 2800, 3400, 4400, 6200, 10000, 28000},
		Timer:     sim.Table{100, 200, 300, 400, 500, 700, 900, 1200, 1800, 3500, 12000},
		Turn:      sim.Constant(0),
		Wake:      sim.Table{300, 600, 1000, 1500, 2000, 2800, 3800, 5000, 7000, 11000, 25000},
		Wire:      sim.Table{25, 30, 35, 40, 45, 50, 60, 70, 90, 130, 400},
	}
}
