package confine

// systemPlaces are what programs need of a system.
var systemPlaces = []string{
	"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/nix", "/gnu/store", "/snap",
	"/home/linuxbrew/.linuxbrew",
	"/proc", "/sys", "/var/cache/fontconfig", "/var/lib/dpkg/alternatives",
}

// namePlaces are what /etc/resolv.conf and its kin point to, and sockets of name
// services.
var namePlaces = []string{
	"/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager/resolv.conf",
	"/run/NetworkManager/no-stub-resolv.conf", "/run/nscd", "/run/systemd/userdb",
	"/run/connman/resolv.conf", "/mnt/wsl/resolv.conf",
}

// othersPlaces are never read: what is mounted for this process, and what other
// programs keep.
var othersPlaces = []string{"/run", "/var/run", "/var/lib", "/var/spool", "/var/log", "/tmp",
	"/var/tmp", "/dev", "/boot"}

// devices may be read and written. Graphics cards are used by ioctl.
var devices = []string{
	"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/pts",
	"/dev/kfd", "/dev/dri", "/dev/dxg",
	"/dev/infiniband", "/dev/nvidia*", "/dev/nvidia-caps",
}

// sharedPlace is POSIX shared memory, which semaphores of Python are made of.
const sharedPlace = "/dev/shm"
