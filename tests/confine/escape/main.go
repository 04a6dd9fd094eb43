//go:build linux

// Command escape is code of a stage that means harm: it tries every way out that
// it knows and writes down which of them were open. It is built and run by the
// tests of the folder above.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
)

// Field is what it is told of the world outside.
type Field struct {
	Secret  string // a file of the same user's, outside
	Outside string // a folder of the same user's, outside
	Store   string // folder of the store
	Object  string // a file in it
	State   string // the registry's file
	Other   string // the folder of another stage
	Dir     string // the blueprint's folder
	Parent  int    // the process that runs the stage
	Sibling int    // a process of the same user's
	Socket  string // that somebody listens on, by path
	Hidden  string // and by abstract name
	Address string // and by TCP
	Shared  string // a file in /dev/shm
}

// way is one way out: nil says that it was open.
type way func(Field) error

func main() {
	if len(os.Args) > 3 && os.Args[1] == "hold" {
		if err := hold(os.Args[2], os.Args[3]); err != nil {
			fmt.Println(err)
			os.Exit(2)
		}
		return
	}
	if len(os.Args) > 3 && os.Args[1] == "bomb" {
		if err := bomb(os.Args[2], os.Args[3]); err != nil {
			fmt.Println(err)
			os.Exit(2)
		}
		return
	}
	var f Field
	b, err := os.ReadFile("field.json")
	if err == nil {
		err = json.Unmarshal(b, &f)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
	out := map[string]string{}
	names := make([]string, 0, len(ways))
	for name := range ways {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		out[name] = "open"
		if err := ways[name](f); err != nil {
			out[name] = err.Error()
		}
	}
	b, err = json.MarshalIndent(out, "", "  ")
	if err == nil {
		err = os.WriteFile("ways.json", b, 0o600)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
}

var ways = map[string]way{
	"environment of the parent":           parentFile("environ"),
	"memory of the parent":                parentFile("mem"),
	"maps of the parent":                  parentFile("maps"),
	"root of the parent":                  rootOfParent,
	"folder of the parent":                cwdOfParent,
	"descriptors of the parent":           descriptorsOfParent,
	"a descriptor taken from the parent":  takeDescriptor,
	"trace the parent":                    func(f Field) error { return trace(f.Parent) },
	"read the parent by process_vm_readv": readParent,
	"namespaces of the parent":            joinParent,
	"signal the parent":                   signalParent,
	"signal a sibling":                    func(f Field) error { return signal(f.Sibling) },
	"trace a sibling":                     func(f Field) error { return trace(f.Sibling) },
	"environment of a sibling":            func(f Field) error { return readNumbered(f.Sibling, "environ") },
	"priority of the parent's limits":     limitParent,
	"credentials in the environment":      credentials,
	"preloaded libraries":                 preloaded,
	"descriptors that were inherited":     inherited,
	"a terminal to type into":             terminal,
	"read a file outside":                 func(f Field) error { return read(f.Secret) },
	"write a file outside":                func(f Field) error { return appendTo(f.Secret) },
	"truncate a file outside":             func(f Field) error { return os.Truncate(f.Secret, 3) },
	"remove a file outside":               removeOutside,
	"make a file outside":                 func(f Field) error { return create(f.Outside + "/new") },
	"make a folder outside":               func(f Field) error { return os.Mkdir(f.Outside+"/dir", 0o700) },
	"make a file in /tmp":                 func(Field) error { return create("/tmp/ashlar-escape-race") },
	"list a folder outside":               listOutside,
	"a file by a symbolic link":           bySymlink,
	"a file by a hard link":               func(f Field) error { return os.Link(f.Secret, "hard") },
	"an object of the store by a link":    func(f Field) error { return os.Link(f.Object, "object") },
	"move a file into the store":          moveIn,
	"read an object of the store":         func(f Field) error { return read(f.Object) },
	"write an object of the store":        func(f Field) error { return appendTo(f.Object) },
	"make an object of the store":         func(f Field) error { return create(f.Store + "/new") },
	"write the registry":                  func(f Field) error { return appendTo(f.State) },
	"read another run's folder":           func(f Field) error { return read(f.Other + "/work/data.csv") },
	"write another run's folder":          func(f Field) error { return create(f.Other + "/work/new") },
	"write the blueprint":                 func(f Field) error { return appendTo(f.Dir + "/blueprint.cue") },
	"plant a hook of git":                 func(f Field) error { return create(f.Dir + "/.git/hooks/pre-commit") },
	"a file by its handle":                byHandle,
	"a device of its own":                 device,
	"mount":                               mount,
	"a mount in a user namespace":         mountInNamespace,
	"chroot":                              chroot,
	"another user":                        otherUser,
	"the group of root":                   otherGroup,
	"new privileges by exec":              newPrivileges,
	"capabilities":                        capabilities,
	"a raw socket":                        rawSocket,
	"a packet socket":                     packetSocket,
	"core dumps":                          coreDumps,
	"where cores go":                      func(Field) error { return writeOpen("/proc/sys/kernel/core_pattern") },
	"the name of the machine":             hostname,
	"a cgroup of its own making":          leaveGroup,
	"a socket by abstract name":           func(f Field) error { return dial("unix", "@"+f.Hidden) },
	"a socket by path":                    func(f Field) error { return dial("unix", f.Socket) },
	"the network":                         func(f Field) error { return dial("tcp", f.Address) },
	"modes of a file outside":             func(f Field) error { return os.Chmod(f.Secret, 0o644) },
	"shared memory":                       func(f Field) error { return read(f.Shared) },
	"arguments of other processes":        parentFile("cmdline"),
}
