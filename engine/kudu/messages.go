package kudu

import (
	"tabletop/engine/catalog"
	"tabletop/engine/trace"
)

// The bodies of the messages of tablet servers that are not raft's. A master's task for a server is a catalog.Task; its
// answer, and those to clients, are replies.
type (
	tsHeartbeat struct {
		server    string // its permanent uuid, which is its name here
		instance  uint64 // grows with each start of its process
		registers bool
		live      int // replicas that it hosts
		report    *catalog.Report
	}
	heartbeatAnswer struct {
		status     catalog.Status
		leader     bool // leads, and is ready to serve
		reregister bool // asks for the registration with the next heartbeat
		full       bool // asks for a full report with it
	}
	writeRows struct {
		tablet string
		keys   []int64
	}
	scanRows struct{ tablet string } // the reply's text is the number of rows
)

// directory finds tablet servers by their uuids.
type directory map[string]trace.NodeID

// tabletNames are the short names of a cluster's tablets: the first four digits of their ids, more where two begin alike.
type tabletNames map[string]string // ids by name

func (n tabletNames) of(id string) string {
	for digits := 4; digits < len(id); digits++ {
		switch n[id[:digits]] {
		case id:
			return id[:digits]
		case "":
			n[id[:digits]] = id
			return id[:digits]
		}
	}
	return id
}
