package config

import (
	"strings"
	"testing"
)

func readNodes(t *testing.T, pairs map[string]string) (Config, error) {
	t.Helper()
	values := map[string]string{"aws:region": "eu-central-1", "ashlar:layer": "foundation", "ashlar:environment": "dev"}
	for k, v := range pairs {
		values["ashlar:"+k] = v
	}
	c, err := Read(values, "ashlar", "foundation-dev")
	if err == nil {
		err = Validate(nil, c)
	}
	return c, err
}

func TestPoolsAreReadAndFilled(t *testing.T) {
	c, err := readNodes(t, map[string]string{
		"nodes": `{"pools":{"batch":{"capacity":"spot","limits":{"cpu":64,"memory":"256Gi"}}},"consolidateAfter":"1h"}`})
	if err != nil {
		t.Fatal(err)
	}
	want := NodePool{Capacity: "spot", Architecture: "amd64", Limits: NodeLimits{64, "256Gi"}}
	if got := c.Nodes; got.Pools["batch"] != want || got.ConsolidateAfter != "1h" ||
		got.Consolidation != "WhenEmptyOrUnderutilized" || !c.Karpenter() || c.GPUs() {
		t.Errorf("got %+v", got)
	}
	if c, err = readNodes(t, map[string]string{"nodes": `{"pools":{}}`}); err != nil || c.Karpenter() ||
		c.Nodes.Consolidation != "" {
		t.Errorf("no pools: %+v, %v", c.Nodes, err)
	}
}

func TestWhatIsWrongWithPoolsIsSaid(t *testing.T) {
	const fine = `"limits":{"cpu":8,"memory":"32Gi"}`
	for pools, want := range map[string]string{
		`{"Batch":{` + fine + `}}`:                               "nodes.pools.Batch",
		`{"a":{"capacity":"cheap",` + fine + `}}`:                "write on-demand or spot",
		`{"a":{"architecture":"risc",` + fine + `}}`:             "write amd64 or arm64",
		`{"a":{"architecture":"arm64","gpu":true,` + fine + `}}`: "rarely built for arm64",
		`{"a":{"limits":{"memory":"32Gi"}}}`:                     "such as 64",
		`{"a":{"limits":{"cpu":8,"memory":"32"}}}`:               "such as 256Gi",
		`{"a":{"limit":{"cpu":8}}}`:                              "want an object of NAME",
	} {
		if _, err := readNodes(t, map[string]string{"nodes": `{"pools":` + pools + `}`}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v does not say %q", pools, err, want)
		}
	}
	for more, want := range map[string]string{
		"cluster.maxNodes": "take cluster.maxNodes out", "cluster.training.maxNodes": "take cluster.training.maxNodes out",
		"nodes.consolidation": "write WhenEmptyOrUnderutilized or WhenEmpty",
	} {
		if _, err := readNodes(t, map[string]string{"nodes.pools": `{"a":{` + fine + `}}`, more: "7"}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v does not say %q", more, err, want)
		}
	}
	if _, err := readNodes(t, map[string]string{"nodes.consolidateAfter": "5m"}); err == nil ||
		!strings.Contains(err.Error(), "there is no pool") {
		t.Errorf("no pools: %v", err)
	}
}
