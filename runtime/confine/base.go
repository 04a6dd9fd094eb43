package confine

import (
	"path/filepath"
	"slices"
)

// Variables that open more places to commands, each a list as PATH is. They are
// of the machine that a blueprint runs on, and so no part of the blueprint.
const (
	ReadVariable  = "ASHLAR_STAGE_READ"
	WriteVariable = "ASHLAR_STAGE_WRITE"
)

// Base is the policy that the machine gives to all commands, without the places
// of a single one. closed are folders and files of this program's own; what is
// empty or no path is left out.
func Base(getenv func(string) string, closed ...string) Policy {
	p := Policy{Path: getenv("PATH")}
	for _, c := range closed {
		if abs, err := filepath.Abs(c); c != "" && err == nil {
			p.Deny = append(p.Deny, abs)
		}
	}
	p.Read = append(p.Read, filepath.SplitList(getenv(ReadVariable))...)
	p.Write = append(p.Write, filepath.SplitList(getenv(WriteVariable))...)
	// Files that interpreters and installers are pointed at by the environment;
	// without them TLS, pip and Java fail in places far from here.
	for _, key := range []string{"SSL_CERT_FILE", "PIP_CERT", "PIP_CONFIG_FILE", "JAVA_HOME"} {
		p.Read = append(p.Read, getenv(key))
	}
	p.Read = append(p.Read, filepath.SplitList(getenv("LD_LIBRARY_PATH"))...)
	return p
}

// For is the policy of one command: the base, with the folders that the command
// may change, and further closed ones.
// Slices are cloned: policies of several commands share a base, and append could
// write into it.
func (p Policy) For(write []string, closed ...string) *Policy {
	p.Write = append(slices.Clone(p.Write), write...)
	p.Deny = append(slices.Clone(p.Deny), closed...)
	return &p
}
