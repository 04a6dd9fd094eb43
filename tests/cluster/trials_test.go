//go:build integration

package cluster

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/tests/attacks"
)

// prober is somewhere that the probe can try from.
type prober interface {
	probing(attempts []string) (command []string)
}

// trial is a connection that somebody tries.
type trial struct {
	who     string // in words
	from    prober
	whom    string // in words
	attempt string
	needs   bool // a policy lets it through
}

// judge tries everything until each trial ends as it must, for a while: rules
// follow pods and policies with a delay. It prints the last attempt as a table.
func judge(t *testing.T, rows []trial, must func(trial) string) {
	t.Helper()
	var said map[trial]string
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Second) {
		said = tried(t, rows)
		holds := true
		for _, r := range rows {
			holds = holds && strings.HasPrefix(said[r], must(r))
		}
		if holds || time.Now().After(end) {
			break
		}
	}
	var table []attacks.Attack
	for _, r := range rows {
		table = append(table, attacks.Attack{Tried: r.who + " -> " + r.whom, Must: must(r),
			Try: func(*testing.T) (string, error) { return said[r], nil }})
	}
	attacks.Run(t, table)
}

// tried makes the attempts, those of one prober at once.
func tried(t *testing.T, rows []trial) map[trial]string {
	t.Helper()
	by := map[prober][]trial{}
	for _, r := range rows {
		by[r.from] = append(by[r.from], r)
	}
	out := map[trial]string{}
	for from, rows := range by {
		var attempts []string
		for _, r := range rows {
			attempts = append(attempts, r.attempt)
		}
		command := from.probing(attempts)
		cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		text, err := cmd.Output()
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		if err != nil || len(lines) != len(rows) {
			t.Fatalf("%s could not try: %v\n%s%s", rows[0].who, err, text, errs.String())
		}
		for i, r := range rows {
			out[r] = lines[i]
		}
	}
	return out
}

func needed(r trial) string {
	if r.needs {
		return "open"
	}
	return "closed"
}

func open(trial) string { return "open" }

func connect(host, port string) string { return fmt.Sprintf("connect %s:%s", host, port) }

func lookup(network, server string) string {
	return fmt.Sprintf("lookup %s %s:53 %s", network, server, anyName)
}

// anyName is what name servers are asked for.
const anyName = "models.example."

// reached is something that duties need or not.
type reached struct {
	whom    string
	attempt string
	by      []string // the duties that need it
}

// trials are what is tried, and what of it a duty needs.
func (a *arena) trials(t *testing.T) []trial {
	var out []trial
	words := map[string]string{
		"serving": "serving", "train": "a stage", "register": "the stage that registers", "finish": "the end of a run",
		"drift": "the drift monitor", "retention": "retention",
	}
	order := []string{"serving", "train", "register", "finish", "drift", "retention"}
	for _, duty := range order {
		for _, r := range a.reached(t) {
			needs := false
			for _, by := range r.by {
				needs = needs || by == duty || by == "all"
			}
			out = append(out, trial{words[duty], a.duties[duty], r.whom, r.attempt, needs})
		}
	}
	return append(append(out, a.besides()...), a.inwards(words, order)...)
}

// reached is everything outside of the duty's own pod.
func (a *arena) reached(t *testing.T) []reached {
	t.Helper()
	api := a.must(t, "", "get", "service", "kubernetes", "-o", "jsonpath={.spec.clusterIP}")
	stage := []string{"train", "register", "finish"}
	tells := append([]string{"drift"}, stage...) // drift trains again
	ends := []string{"finish", "drift"}
	return []reached{
		{"PostgreSQL", "connect " + a.postgres.Host, []string{"serving", "register", "drift", "retention"}},
		{"its port elsewhere", connect(internet, a.postgres.Port()), nil},
		{"S3", "connect " + a.server.address, []string{"all"}},
		{"DNS over UDP", lookup("udp", a.dns.ip), []string{"all"}},
		{"DNS over TCP", lookup("tcp", a.dns.ip), []string{"all"}},
		{"a name server that is none of the cluster's", lookup("udp", a.lookalike.ip), nil},
		{"MLflow, at its address", connect(mlflow, "5000"), tells},
		{"MLflow's neighbour", connect(internet, "5000"), nil},
		{"OpenLineage, in its namespace", connect(a.lineage.ip, "5000"), tells},
		{"that namespace by another port", connect(a.lineage.ip, "8080"), nil},
		{"the API server", connect(api, "443"), stage},
		{"the webhook", connect(hook, "8443"), ends},
		{"the mail server", connect(mailServer, "587"), ends},
		{"the mail server by 465", connect(mailServer, "465"), nil},
		{"another mail server", connect(otherMail, "587"), nil},
		{"another mail server by 465", connect(otherMail, "465"), nil},
		{"instance metadata", connect(metadata, "80"), nil},
		{"the internet by HTTP", connect(internet, "80"), nil},
		// The API server has no address that stays.
		{"the internet by HTTPS", connect(internet, "443"), stage},
		{"SSH", connect(internet, "22"), nil},
		{"a pod of another namespace", connect(a.foreign.ip, "8080"), nil},
		{"a pod of no duty", connect(a.idle.ip, "8080"), nil},
	}
}

// besides is what pods of no duty try.
func (a *arena) besides() []trial {
	return []trial{
		{"a pod of no duty", a.idle, "PostgreSQL", "connect " + a.postgres.Host, false},
		{"a pod of no duty", a.idle, "S3", "connect " + a.server.address, false},
		{"a pod of no duty", a.idle, "instance metadata", connect(metadata, "80"), false},
		{"a pod of no duty", a.idle, "the internet by HTTPS", connect(internet, "443"), false},
		{"a pod of no duty", a.idle, "DNS over UDP", lookup("udp", a.dns.ip), true},
		// Nobody's policy is about it: what is closed to others is not closed by chance.
		{"a pod of another namespace", a.foreign, "instance metadata", connect(metadata, "80"), true},
	}
}

// inwards is who reaches the duties' pods: callers, from any namespace of the cluster,
// the one that serves by their port and not by that of operators, and nobody else.
func (a *arena) inwards(words map[string]string, order []string) []trial {
	var out []trial
	for _, duty := range order {
		at := func(port string) string { return connect(a.duties[duty].ip, port) }
		out = append(out,
			trial{"a pod of another namespace", a.foreign, words[duty], at("8080"), duty == "serving"},
			trial{"a pod of another namespace", a.foreign, words[duty] + " by another port", at("9000"), false},
			trial{"a pod of another namespace", a.foreign, words[duty] + " by the operators' port", at("8081"), false},
			trial{"from outside of the cluster", a.world, words[duty], at("8080"), false},
		)
		for _, other := range order {
			if other != duty {
				out = append(out, trial{words[other], a.duties[other], words[duty], at("8080"), false})
			}
		}
	}
	return out
}
