package catalog

// Status is the outcome of an RPC, named as in MasterErrorPB and TabletServerErrorPB.
type Status uint8

// The outcomes.
const (
	OK Status = iota
	NotFound
	AlreadyPresent
	NotTheLeader
	ServiceUnavailable
	TimedOut // the client's own
	InvalidArgument
	TooManyTablets
	NotEnoughServers // REPLICATION_FACTOR_TOO_HIGH
	EvenReplicationFactor
	TabletNotRunning
	SchemaOutdated // a replica has a newer schema, or this one already
	NotInitialized // CATALOG_MANAGER_NOT_INITIALIZED
	NetworkError
	ConfigChanged // CAS_FAILED: the configuration is no longer the one that was meant
	NotSupported
)

// String returns the outcome as it stands in a client's history.
func (s Status) String() string {
	return [...]string{"OK", "NotFound", "AlreadyPresent", "NOT_THE_LEADER", "ServiceUnavailable", "TimedOut",
		"InvalidArgument", "TOO_MANY_TABLETS", "REPLICATION_FACTOR_TOO_HIGH", "EVEN_REPLICATION_FACTOR",
		"TABLET_NOT_RUNNING", "TABLET_HAS_A_NEWER_SCHEMA",
		"CATALOG_MANAGER_NOT_INITIALIZED", "NetworkError", "CAS_FAILED",
		"NotSupported"}[s]
}
