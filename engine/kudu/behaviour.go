package kudu

// Behaviour is what differs between Kudu's versions, and what its tickets proposed to change, each for itself. The zero
// value is none of it.
type Behaviour struct {
	// HeartbeatAll gives a tablet server a heartbeat thread for each master, with a dirty set and report numbers of its
	// own (KUDU-1358, 0.10). Without it one thread follows the leader, which it finds by asking all masters.
	HeartbeatAll bool
	// FollowersAccept has masters that do not lead register tablet servers, note that they live and acknowledge reports
	// that they do not read (KUDU-1358, 0.10). Without it they answer that they do not lead, and nothing else.
	FollowersAccept bool
	// FullOnNewLeader has a tablet server send a full report once a master answers that it leads which did not before
	// (KUDU-1374, 0.10); a thread that follows the leader, when it moves to another master.
	FullOnNewLeader bool
	// ReplicaMap has masters keep in memory where the replicas of each tablet are and who leads them, as reports tell (until
	// KUDU-1353).
	ReplicaMap bool
	// LeaderFromRows finds a tablet's leader for tasks in the consensus state that is persisted (KUDU-1353, 0.10).
	// Without it in the map of replicas.
	LeaderFromRows bool
	// PersistServers writes tablet servers into the sys catalog (KUDU-1353's fourth proposal; never shipped).
	PersistServers bool
	// StickyReport keeps the note that a tablet server has reported beyond the leadership in which it did, so that a
	// master that leads again never asks it for a full report (0.7; the note went with KUDU-1358).
	StickyReport bool
	// DeleteUnknown has a leader order the deletion of a reported tablet that it does not know (0.7). Later ones ignore it.
	DeleteUnknown bool
	// TwoWrites persists a new table's tablets first and the table after them (0.7); later ones write both at once.
	TwoWrites bool
	// CrashOnFailedWrite ends a master whose write to the sys catalog fails because it does not lead any more (0.7).
	CrashOnFailedWrite bool
	// ComparesSchemas has a client whose create was retried and met the table compare schemas, and take the same one for its
	// own work (2014-12 to 2016-07).
	ComparesSchemas bool
	// RangeAware spreads the replicas of each range of each table over the servers; without it each replica goes to the
	// less loaded of two servers that are drawn.
	RangeAware bool
	// ClusterID has the first leader give the cluster an id (1.14).
	ClusterID bool
	// StaticMasters has masters know no request to add or remove one (until 1.14, KUDU-2181): it is done by hand, on disks.
	StaticMasters bool
	// PerServer bounds the replicas that a table may be created with, per live tablet server (max_create_tablets_per_ts:
	// 20; 60 since 1.9).
	PerServer int
}

// Version07 is Kudu 0.7.0, which KUDU-1353 was seen in.
func Version07() Behaviour {
	return Behaviour{ReplicaMap: true, StickyReport: true, DeleteUnknown: true, TwoWrites: true, CrashOnFailedWrite: true, ComparesSchemas: true,
		StaticMasters: true, PerServer: 20}
}

// Version010 is Kudu 0.10.0 and 1.0.
func Version010() Behaviour {
	return Behaviour{HeartbeatAll: true, FollowersAccept: true, FullOnNewLeader: true, LeaderFromRows: true, StaticMasters: true,
		PerServer: 20}
}

// Version117 is Kudu 1.17.
func Version117() Behaviour {
	b := Version010()
	b.RangeAware, b.ClusterID, b.StaticMasters, b.PerServer = true, true, false, 60
	return b
}
