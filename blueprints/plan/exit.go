package plan

// The exit codes of every program of Ashlar, which scripts and workflows check.
const (
	ExitOK       = 0
	ExitFindings = 1 // data, gates, approvals or policies did not pass
	ExitInput    = 2 // the input is wrong
	ExitInternal = 3 // an internal error, or a service that cannot be reached
)
