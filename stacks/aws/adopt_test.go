package aws

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
)

// standing is a cluster of which every object of some kinds is there.
type standing struct {
	answering
	there map[string]bool // by kind
}

func (s standing) Has(_ context.Context, groupVersion, kind, namespace, name string) (bool, error) {
	if s.there[kind] && (groupVersion == "" || name == "" || (namespace == "") != (kind == "Namespace")) {
		return false, errors.New("no place: " + strings.Join([]string{groupVersion, kind, namespace, name}, "|"))
	}
	return s.there[kind], nil
}

func TestObjectsThatStandAreImportedAndOthersMade(t *testing.T) {
	cfg := elsewhere()
	cfg.Delivery, cfg.Pipelines, cfg.Monitoring, cfg.Adopt = "rollout", "argo", true, true
	cluster := standing{answering{kinds: everything},
		map[string]bool{"Namespace": true, "Secret": true, "Rollout": true}}
	open := func(string, string, string) (Cluster, error) { return cluster, nil }
	r := pulumitest.Must(t, Program([]*plan.Plan{credit()}, cfg, open))
	seen := map[string]int{}
	for _, one := range r.Resources {
		kind := one.Type[strings.LastIndex(one.Type, ":")+1:]
		meta, _ := one.Inputs["metadata"].(map[string]any)
		name, _ := meta["name"].(string)
		if namespace, in := meta["namespace"].(string); in {
			name = namespace + "/" + name
		}
		switch {
		case cluster.there[kind] && one.ImportID != name:
			t.Errorf("%s %s is imported as %q", kind, name, one.ImportID)
		case !cluster.there[kind] && one.ImportID != "":
			t.Errorf("%s %s is not there, and is imported as %q", kind, one.Name, one.ImportID)
		}
		seen[kind]++
	}
	for kind := range cluster.there {
		if seen[kind] == 0 {
			t.Errorf("no %s: the test proves little", kind)
		}
	}
	cfg.Adopt = false
	for _, one := range pulumitest.Must(t, Program([]*plan.Plan{credit()}, cfg, open)).Resources {
		if one.ImportID != "" {
			t.Errorf("%s is imported although nobody asked for it", one.Name)
		}
	}
	cfg.Adopt = true
	if _, err := pulumitest.Run(Program([]*plan.Plan{credit()}, cfg, func(string, string, string) (Cluster, error) {
		return answering{kinds: everything}, nil
	})); err == nil || !strings.Contains(err.Error(), "config adopt") {
		t.Errorf("a cluster that cannot be asked: %v", err)
	}
}
