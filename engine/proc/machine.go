package proc

import "tabletop/engine/sim"

// Machine is a preset of how fast processes are: durations in microseconds, as distributions.
type Machine struct {
	Name    string
	Threads int       // jobs worked on at once
	Service sim.Table // from reading a message to the end of its handling
	Timer   sim.Table // from a timer's callback being due to its end
	Wake    sim.Table // from SIGCONT to a thread running again
	Wire    sim.Table // one way between two processes
}

// Idle is a release build of Kudu on a quiet machine, on loopback.
func Idle() Machine {
	return Machine{Name: "idle", Threads: 2,
		Service: sim.Table{40, 60, 70, 80, 90, 110, 130, 160, 200, 300, 1200},
		Timer:   sim.Table{10, 15, 20, 25, 30, 40, 50, 60, 80, 120, 400},
		Wake:    sim.Table{60, 90, 120, 160, 210, 280, 360, 460, 600, 850, 2500},
		Wire:    sim.Table{20, 25, 30, 32, 35, 38, 42, 48, 55, 70, 200},
	}
}

// Loaded is the same build with a dozen busy neighbours on the core: each thread waits for its turn.
func Loaded() Machine {
	return Machine{Name: "loaded", Threads: 2,
		Service: sim.Table{40, 70, 90, 120, 200, 400, 900, 2000, 4000, 8000, 20000},
		Timer:   sim.Table{10, 20, 40, 80, 160, 300, 700, 1500, 3000, 6000, 15000},
		Wake:    sim.Table{500, 4000, 8000, 12000, 16000, 20000, 24000, 28000, 32000, 36000, 45000},
		Wire:    sim.Table{20, 25, 30, 32, 35, 38, 42, 48, 55, 70, 200},
	}
}

// SlowBuild is a sanitizer build under test, as in the tickets: everything takes milliseconds.
func SlowBuild() Machine {
	return Machine{Name: "slow-build", Threads: 2,
		Service: sim.Table{400, 700, 900, 1100, 1400, 1700, 2200, 3000, 4500, 8000, 25000},
		Timer:   sim.Table{100, 200, 300, 400, 500, 700, 900, 1200, 1800, 3500, 12000},
		Wake:    sim.Table{300, 600, 1000, 1500, 2000, 2800, 3800, 5000, 7000, 11000, 25000},
		Wire:    sim.Table{25, 30, 35, 40, 45, 50, 60, 70, 90, 130, 400},
	}
}
