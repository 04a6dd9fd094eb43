package aws

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// What becomes of a Secret that comes after the pod, or changes while it runs.
const (
	followed = "the pod waits for it; a change reaches it while it runs"
	waited   = "the pod waits for it; the stack makes it, and a change needs a restart"
	optional = "the pod starts without it, as its nodes may have an identity; a change needs a restart"
	nextRun  = "a job that starts after it has it"
)

// references are the Secrets that an object's pods refer to, with what becomes of each.
func references(inputs map[string]any) map[string]string {
	variables, files, out := map[string]string{}, map[string]string{}, map[string]string{}
	walk("", inputs, func(_ string, m map[string]any) {
		if ref, ok := m["secretKeyRef"].(map[string]any); ok && ref["optional"] != true {
			variables[fmt.Sprint(ref["name"])] = fmt.Sprint(ref["key"])
		}
		if ref, ok := m["secretRef"].(map[string]any); ok {
			out[fmt.Sprint(ref["name"])] = waited
			if ref["optional"] == true {
				out[fmt.Sprint(ref["name"])] = optional
			}
		}
		if ref, ok := m["secret"].(map[string]any); ok {
			if name, mounted := ref["secretName"]; mounted && ref["optional"] != true {
				out[fmt.Sprint(name)] = followed
			} else if !mounted {
				for _, item := range list(ref["items"]) {
					files[fmt.Sprint(ref["name"])] = fmt.Sprint(item["key"])
				}
			}
		}
	})
	for name, key := range variables {
		out[name] = waited
		if files[name] == key {
			out[name] = followed
		}
	}
	return out
}

// TestEverySecretThatComesLateOrChangesIsTakenUp lists all Secrets that rendered pods refer
// to, each with what becomes of it: another one, or another way, fails here until it is
// thought of.
func TestEverySecretThatComesLateOrChangesIsTakenUp(t *testing.T) {
	for _, c := range []struct{ pipelines, key string }{{config.PipelinesCronJob, ""},
		{config.PipelinesCronJob, "AKID"},
		{config.PipelinesArgo, ""}} {
		p, cfg := credit(), elsewhere()
		d := p.Datasets["applications"]
		d.Columns = map[string]plan.Column{"Status": {Type: plan.Category},
			"Home": {Type: plan.Category, Anonymise: plan.Hash}}
		p.Datasets["applications"] = d
		cfg.Pipelines, cfg.StoreKeyID, cfg.StoreKey = c.pipelines, c.key, strings.ToLower(c.key)
		store := optional
		if c.key != "" {
			store = waited
		}
		seen := map[string]bool{}
		for _, res := range registered(t, cfg, p).Resources {
			serves := strings.HasSuffix(res.Type, ":Deployment") || strings.HasSuffix(res.Type, ":Rollout")
			for name, got := range references(res.Inputs) {
				seen[name] = true
				want := map[string]string{pseudonyms: followed, storeCredentials: store}[name]
				switch {
				case strings.HasPrefix(name, "ashlar-database-"), name == "ashlar-secrets":
					want = followed
				case name == config.SettingsSecret && !serves:
					got, want = strings.Replace(got, optional, nextRun, 1), nextRun
				}
				if got != want {
					t.Errorf("%+v: %s %s: Secret %s: %q, want %q", c, res.Type, res.Name, name, got, want)
				}
			}
		}
		all := strings.Join(slices.Sorted(maps.Keys(seen)), " ")
		for _, name := range []string{"ashlar-database-serve", "ashlar-database-train", pseudonyms, storeCredentials,
			config.SettingsSecret} {
			if !seen[name] {
				t.Errorf("%+v: no pod refers to %s, only to %s", c, name, all)
			}
		}
	}
}
