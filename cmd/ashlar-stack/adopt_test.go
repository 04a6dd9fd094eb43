package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/standing"
)

var adoptOther = strings.Replace(onOther, "render --out $out/a", "adopt --context it", 1)

// TestAdoptAsksTheClusterForEachObject: what the double has is imported or applied, what it
// has not is created, and a namespace that nobody manages is a problem. Nothing is sent but
// questions, and no value of a Secret is in the report.
func TestAdoptAsksTheClusterForEachObject(t *testing.T) {
	s := deployed(t, onOther)
	look := func(line string) (out standing.Report) {
		t.Helper()
		code, said := command(t, strings.Fields(line)...)
		if err := json.Unmarshal([]byte(said), &out); err != nil || code != 0 {
			t.Fatalf("exit code %d, %v\n%s", code, err, said)
		}
		if strings.Contains(said, "secret@") {
			t.Errorf("the report tells a secret:\n%s", said)
		}
		return out
	}
	r := look(adoptOther)
	for _, o := range r.Objects {
		want := standing.Create
		switch {
		case s.Knows(o.Kind) && slices.Contains([]string{"Service", "Job"}, o.Kind):
			want = standing.Apply
		case s.Knows(o.Kind):
			want = standing.Import
		}
		if o.Action != want {
			t.Errorf("%s: %s, want %s", o, o.Action, want)
		}
	}
	const lacks = "cluster it has no ValidatingAdmissionPolicy" // the double knows a few kinds
	if r.Context != "it" || r.Count(standing.Import) < 3 || len(r.Problems) != 1 ||
		!strings.HasPrefix(r.Problems[0], lacks) {
		t.Errorf("%d to import in %s, problems %v", r.Count(standing.Import), r.Context, r.Problems)
	}
	if r := look(strings.Replace(adoptOther, "--context it", "--context other", 1)); r.Stands() || len(r.Objects) == 0 {
		t.Errorf("nothing is there, and %d of %d stand", len(r.Objects)-r.Count(standing.Create), len(r.Objects))
	}
	s.Put(t, `{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ashlar-credit-risk-dev"}}`)
	if r = look(adoptOther); len(r.Problems) != 2 ||
		!strings.Contains(r.Problems[0], "kubectl annotate namespace") || !strings.HasPrefix(r.Problems[1], lacks) {
		t.Errorf("a namespace that nobody manages: %v", r.Problems)
	}
}

func TestAdoptIsOfWorkloadsInACluster(t *testing.T) {
	deployed(t, onOther)
	for line, want := range map[string]string{
		strings.Replace(adoptOther, "--context it", "", 1):                          "--context NAME",
		strings.Replace(adoptOther, "--context it", "--context none", 1):            `no context "none"`,
		"adopt --context it --config-file ../../Pulumi.foundation-dev.yaml":         "adopt is for workloads",
		strings.Replace(adoptOther, "--context it", "--context it --config a=b", 1): "config a: unknown key",
	} {
		if code, said := command(t, strings.Fields(line)...); code != 2 || !strings.Contains(said, want) {
			t.Errorf("%s: exit code %d\n%s", line, code, said)
		}
	}
}
