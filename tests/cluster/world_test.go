//go:build integration

package cluster

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// world is every address that is neither a pod's nor this machine's, on this
// machine: a network namespace in which each of them answers. What pods send
// there is routed into it, so that nothing leaves the machine, and a connection
// that fails did so because somebody forbade it.
type world struct{ probe string }

// What it consists of. The names are fixed so that what a killed run has left
// can be removed; there is one cluster on a machine.
const (
	worldSpace  = "ashlar-world"
	worldDevice = "ashlarworld0"
	worldTable  = "20100"      // of routes for what pods send
	worldInside = "198.18.0.2" // its own address, of the range for benchmarks (RFC 2544)
	worldHere   = "198.18.0.1" // this machine's on the way to it
	everywhere  = "0.0.0.0/0"  // of which it has what is not routed elsewhere
	podsToPods  = "20100"      // the priority of the rule that leaves pods to the usual routes
	podsToWorld = "20101"      // the priority of the rule for the rest
	worldMask   = "/30"        // of the way to it
	worldPeer   = "outside"    // the device within
)

// world makes it, with listeners on the ports.
func (g ground) world(t *testing.T, probe string, ports ...string) world {
	t.Helper()
	pods := g.must(t, "", "get", "nodes", "-o", "jsonpath={.items[0].spec.podCIDR}")
	removeWorld(pods)
	t.Cleanup(func() { removeWorld(pods) })
	inside := func(args ...string) []string { return append([]string{"ip", "-n", worldSpace}, args...) }
	for _, c := range [][]string{
		{"ip", "netns", "add", worldSpace},
		{"ip", "link", "add", worldDevice, "type", "veth", "peer", "name", worldPeer, "netns", worldSpace},
		{"ip", "address", "add", worldHere + worldMask, "dev", worldDevice},
		{"ip", "link", "set", worldDevice, "up"},
		inside("address", "add", worldInside+worldMask, "dev", worldPeer),
		inside("link", "set", worldPeer, "up"),
		inside("link", "set", "lo", "up"),
		inside("route", "add", pods, "via", worldHere),
		inside("route", "add", "local", everywhere, "dev", "lo", "table", "main"),
		{"ip", "route", "add", "default", "via", worldInside, "dev", worldDevice, "table", worldTable},
		{"ip", "rule", "add", "priority", podsToPods, "from", pods, "to", pods, "lookup", "main"},
		{"ip", "rule", "add", "priority", podsToWorld, "from", pods, "lookup", worldTable},
		// The cluster's own rule keeps pods from everything but pods.
		{"iptables", "--wait", "--insert", "FORWARD", "--out-interface", worldDevice, "--jump", "ACCEPT"},
		{"iptables", "--wait", "--insert", "FORWARD", "--in-interface", worldDevice, "--jump", "ACCEPT"},
	} {
		g.command(t, c[0], c[1:]...)
	}
	var listen []string
	for _, port := range ports {
		listen = append(listen, "tcp:"+port)
	}
	slices.Sort(listen)
	started(t, "ip", append([]string{"netns", "exec", worldSpace, probe, "serve"}, slices.Compact(listen)...)...)
	return world{probe}
}

// removeWorld removes what there is of it.
func removeWorld(pods string) {
	for _, c := range []string{
		"iptables --wait --delete FORWARD --out-interface " + worldDevice + " --jump ACCEPT",
		"iptables --wait --delete FORWARD --in-interface " + worldDevice + " --jump ACCEPT",
		"ip rule delete priority " + podsToWorld + " from " + pods,
		"ip rule delete priority " + podsToPods + " from " + pods,
		"ip link delete " + worldDevice, // and the routes with it
		"ip netns delete " + worldSpace,
	} {
		args := strings.Fields(c)
		_ = exec.Command(args[0], args[1:]...).Run() // it may not be there
	}
}

// probing is the command that tries from the world.
func (w world) probing(attempts []string) []string {
	return append([]string{"ip", "netns", "exec", worldSpace, w.probe, "try"}, attempts...)
}

// started runs a program until the test ends, and shows what it said where the
// test has failed.
func started(t *testing.T, program string, args ...string) *exec.Cmd {
	t.Helper()
	var said bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
		if t.Failed() {
			t.Logf("%s:\n%s", cmd, said.String())
		}
	})
	return cmd
}
