package confine

// What a system may be unable to prevent, by the names that records of runs have.
const (
	OpenFiles      = "files: the system has no Landlock, so that files are open as to the user who runs this"
	OpenSignals    = "signals: other processes of the same user can be signalled (Landlock before ABI 6)"
	OpenAttributes = "attributes: modes and times of the same user's files outside can be changed, not their content"
	OpenSockets    = "sockets: services that listen on Unix sockets can be connected to"
	OpenNetwork    = "network: the network is open"
	OpenShared     = "shared memory: /dev/shm and System V memory are shared with other processes of the same user"
	OpenList       = "processes: names, arguments and statistics of other processes can be read"
	OpenMemory     = "memory: no cgroup holds it; it is looked at 20 times a second"
	OpenTasks      = "tasks: no cgroup bounds their number; they are counted 20 times a second"
	OpenEverything = "everything: this system has no confinement but a clean environment and a process group"
)
