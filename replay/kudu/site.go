package kudu

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// site is a place in the source that lines are written from: file.cc:381.
type site struct {
	name string
	file string
	key  uint64 // what the name makes of a line's key
	// says takes in what a message from here says; nil where nothing of interest is written.
	says func(*parser, cursor)
}

// sites are places that were met lately, each where its name leads to. A server writes from a few hundred.
type sites [512]struct {
	written siteName
	length  int
	*site
}

// siteName is a name as it is written: its first and its last two words, which overlap or leave nothing out. To compare
// them takes less than to compare strings.
type siteName [4]uint64

const shortestSite, longestSite = 16, 32 // that a siteName is made of

// maxFile is the longest name of a source file.
const maxFile = 64

// before reads "file.cc:381]" from i on and returns what is behind it; nil if it is not one.
func (l *sites) before(b []byte, i int) (*site, int) {
	n := bytes.IndexByte(b[i:min(len(b), i+maxFile+maxDigits+1)], ']')
	if n < 0 {
		return nil, 0
	}
	name := b[i : i+n]
	if n < shortestSite || n > longestSite {
		return newSite(string(name)), i + n + 1
	}
	written := siteName{binary.LittleEndian.Uint64(name), binary.LittleEndian.Uint64(name[8:]),
		binary.LittleEndian.Uint64(name[n-16:]), binary.LittleEndian.Uint64(name[n-8:])}
	known := &l[fold(written[0], written[3])%uint64(len(l))]
	if known.written != written || known.length != n {
		s := newSite(string(name))
		if s == nil {
			return nil, 0
		}
		known.written, known.length, known.site = written, n, s
	}
	return known.site, i + n + 1
}

func newSite(name string) *site {
	file, number, ok := strings.Cut(name, ":")
	if !ok || file == "" || len(file) >= maxFile || strings.ContainsFunc(file, func(c rune) bool { return c <= ' ' }) {
		return nil
	}
	if _, end, ok := digits([]byte(number), 0); !ok || end < len(number) {
		return nil
	}
	return &site{name: name, file: file, key: hash(0, []byte(name)), says: reader(file)}
}

// reader returns what reads the messages of a source file. For most of them there is nothing: their lines end here.
func reader(file string) func(*parser, cursor) {
	switch file {
	case "raft_consensus.cc":
		return (*parser).raftConsensus
	case "leader_election.cc":
		return (*parser).leaderElection
	case "consensus_queue.cc":
		return (*parser).consensusQueue
	case "consensus_peers.cc":
		return (*parser).consensusPeers
	case "pending_rounds.cc":
		return (*parser).pendingRounds
	case "sys_catalog.cc":
		return (*parser).sysCatalog
	case "catalog_manager.cc":
		return (*parser).catalogManager
	case "tablet_service.cc":
		return (*parser).tabletService
	case "ts_manager.cc", "ts_descriptor.cc", "master_service.cc":
		return (*parser).registration
	case "heartbeater.cc":
		return (*parser).heartbeater
	case "ts_tablet_manager.cc", "tablet_copy_client.cc", "tablet_copy_service.cc", "tablet_copy_source_session.cc",
		"tablet_replica.cc", "tablet_bootstrap.cc":
		return (*parser).tablet
	case "log.cc", "consensus_meta.cc":
		return (*parser).disk
	case "fs_manager.cc", "rpc_server.cc", "master_runner.cc", "tablet_server_runner.cc", "master_main.cc",
		"tablet_server_main.cc", "master.cc", "tablet_server.cc":
		return (*parser).process
	case "flags.cc":
		return (*parser).flags
	case "connection.cc", "kernel_stack_watchdog.cc", "outbound_call.cc", "proxy.cc", "reactor.cc", "rpcz_store.cc",
		"service_pool.cc":
		return (*parser).calls
	case "external_mini_cluster.cc":
		return (*parser).driver
	}
	return nil
}
