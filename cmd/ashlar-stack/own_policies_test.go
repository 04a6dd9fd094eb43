package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/policies"
	read "github.com/ashlar-dev/ashlar/policies/recorded"
)

// TestTheShippedPoliciesRefuseNothingOfOurs renders the examples for each environment,
// delivery and engine, and holds every object against every shipped rule, as the
// workflows and admission do.
func TestTheShippedPoliciesRefuseNothingOfOurs(t *testing.T) {
	set, err := policies.New(policies.Shipped()...)
	if err != nil {
		t.Fatal(err)
	}
	const image = "image=registry.example.com/runtime@sha256:" +
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for _, way := range [][]string{
		{"--config", "delivery=rollout", "--config", "pipelines=argo", "--config", "monitoring=true"},
		{"--config", "delivery=deployment", "--config", "pipelines=cronjob"},
	} {
		for _, environment := range []string{"dev", "prod"} {
			dir := t.TempDir()
			args := append(anywhere(dir, "--env", environment, "--config", image), way...)
			if code, said := command(t, append(args, examples+"credit", examples+"churn")...); code != plan.ExitOK {
				t.Fatalf("exit code %d:\n%s", code, said)
			}
			all := rendered(t, dir)
			if len(all) < 20 {
				t.Fatalf("only %d objects are rendered", len(all))
			}
			judge, now := set.Judge(), time.Now()
			for _, r := range all {
				refused(t, environment, r, judge.CheckResource(r, environment, now))
			}
			for urn, found := range judge.CheckStack(all, environment, now) {
				at := slices.IndexFunc(all, func(r policies.Registered) bool { return r.URN == urn })
				refused(t, environment, all[at], found)
			}
		}
	}
}

// refused reports findings that refuse.
func refused(t *testing.T, environment string, r policies.Registered, found []policies.Finding) {
	t.Helper()
	for _, f := range found {
		if f.Refuses() {
			t.Errorf("%s: %s %s: %s", environment, r.Type, r.Name, f.Message)
		}
	}
}

// rendered are the objects of the manifests in a folder.
func rendered(t *testing.T, dir string) []policies.Registered {
	t.Helper()
	var out []policies.Registered
	for name, text := range files(t, dir) {
		if !strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, "kustomization.yaml") {
			continue
		}
		found, err := read.Read(name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range found {
			out = append(out, r.Registered)
		}
	}
	return out
}
