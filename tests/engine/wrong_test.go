//go:build integration

package engine

import (
	"maps"
	"strings"
	"testing"
)

// good is config that a stack of workloads takes.
var good = map[string]string{
	"aws:region": "eu-central-1", "environment": "dev", "image": "registry.example.com/runtime:1.0.0",
	"foundation": "organization/ashlar/foundation-dev",
}

func TestWrongInputFailsBeforeTheFirstResource(t *testing.T) {
	cases := map[string]struct {
		edit map[string]string // "" takes the key away
		want []string
	}{
		"an unknown environment and an unknown key": {
			map[string]string{"environment": "qa", "imagee": "x"},
			[]string{`unknown environment "qa"`, "config imagee: unknown key; did you mean image?"},
		},
		"missing config": {
			map[string]string{"aws:region": "", "image": "", "foundation": ""},
			[]string{"aws:region", "config image", "config foundation", "pulumi stack ls"},
		},
		"a stack reference to nothing": {
			map[string]string{"foundation": "organization/ashlar/nothing"},
			[]string{"organization/ashlar/nothing"},
		},
		"a foundation that was never deployed": {
			nil,
			[]string{"foundation organization/ashlar/foundation-dev has no output", "clusterName", "databaseHost",
				"run `pulumi up` on that stack first"},
		},
		"a name that is too long": {
			map[string]string{"name": strings.Repeat("a", 64), "namespace": strings.Repeat("b", 64)},
			[]string{"config name", "config namespace", "at most 63"},
		},
		"a network that overlaps the cluster's": {
			map[string]string{"layer": "foundation", "image": "", "foundation": "", "network.cidr": "172.20.0.0/16",
				"network.zones[0]": "us-east-1a"},
			[]string{"172.20.0.0/16 overlaps", `"us-east-1a" is not a zone`},
		},
	}
	p := newProject(t, "credit")
	p.stack("foundation-dev", map[string]string{"aws:region": "eu-central-1",
		"environment": "dev", "layer": "foundation"})
	number := 0
	for name, c := range cases {
		number++
		stack := "wrong-" + string(rune('0'+number))
		t.Run(name, func(t *testing.T) {
			config := maps.Clone(good)
			maps.Copy(config, c.edit)
			maps.DeleteFunc(config, func(_, value string) bool { return value == "" })
			p.stack(stack, config)
			said, err := p.try("up", "--yes", "--skip-preview", "--stack", stack)
			if err == nil {
				t.Fatalf("it was deployed:\n%s", said)
			}
			for _, want := range c.want {
				if !strings.Contains(said, want) {
					t.Errorf("it does not say %q:\n%s", want, tail(said))
				}
			}
		})
	}
	if done := p.operations(0); len(done) != 0 {
		t.Errorf("the cloud saw %v", done)
	}
}
