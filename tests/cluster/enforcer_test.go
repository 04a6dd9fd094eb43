//go:build integration

package cluster

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// enforcer runs kube-router's network policy controller on the node until the
// test ends: what the cluster's own network only takes note of, the kernel then
// enforces.
func (g ground) enforcer(t *testing.T) {
	t.Helper()
	binary := os.Getenv("ASHLAR_TEST_ENFORCER")
	if _, err := exec.LookPath("ipset"); err != nil {
		t.Fatalf("kube-router needs ipset: install the package ipset: %v", err)
	}
	node := g.must(t, "", "get", "nodes", "-o", "jsonpath={.items[0].metadata.name}")
	t.Cleanup(func() {
		if err := forgetRules(); err != nil {
			t.Errorf("rules of kube-router are left behind: %v", err)
		}
	})
	started(t, binary, "--kubeconfig", os.Getenv("KUBECONFIG"), "--hostname-override", node,
		"--run-firewall=true", "--run-router=false", "--run-service-proxy=false", "--health-port", "0",
		"--iptables-sync-period", "10s")
}

// Chains and sets of kube-router's policies are called like this.
var (
	chainsOfPolicies = []string{"KUBE-ROUTER-", "KUBE-POD-FW-", "KUBE-NWPLCY-"}
	setsOfPolicies   = []string{"KUBE-SRC-", "KUBE-DST-"}
)

func named(name string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// forgetRules removes what kube-router leaves in the kernel when it ends, and
// nothing of others.
func forgetRules() error {
	saved, err := exec.Command("iptables-save", "-t", "filter").Output()
	if err != nil {
		return fmt.Errorf("iptables-save: %w", err)
	}
	var restore, remove strings.Builder
	restore.WriteString("*filter\n")
	lines := bufio.NewScanner(bytes.NewReader(saved))
	for lines.Scan() {
		line := lines.Text()
		fields := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, ":") && named(fields[0][1:], chainsOfPolicies):
			fmt.Fprintf(&restore, "%s - [0:0]\n", fields[0]) // empties it
			fmt.Fprintf(&remove, "-X %s\n", fields[0][1:])
		case strings.HasPrefix(line, "-A ") && !named(fields[1], chainsOfPolicies) &&
			named(fields[len(fields)-1], chainsOfPolicies):
			fmt.Fprintf(&remove, "-D %s\n", strings.TrimPrefix(line, "-A "))
		}
	}
	// Rules that lead to a chain go before it.
	removal := strings.SplitAfter(remove.String(), "\n")
	for _, first := range []string{"-D", "-X"} {
		for _, line := range removal {
			if strings.HasPrefix(line, first) {
				restore.WriteString(line)
			}
		}
	}
	restore.WriteString("COMMIT\n")
	cmd := exec.Command("iptables-restore", "--wait", "--noflush")
	cmd.Stdin = strings.NewReader(restore.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("iptables-restore: %w\n%s", err, out)
	}
	sets, err := exec.Command("ipset", "list", "-name").Output()
	if err != nil {
		return fmt.Errorf("ipset list: %w", err)
	}
	for _, set := range strings.Fields(string(sets)) {
		if !named(set, setsOfPolicies) {
			continue
		}
		if out, err := exec.Command("ipset", "destroy", set).CombinedOutput(); err != nil {
			return fmt.Errorf("ipset destroy %s: %w\n%s", set, err, out)
		}
	}
	return nil
}
