package standing

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// has is a cluster with the objects, by their String.
type has map[string]bool

func (h has) Has(_ context.Context, version, kind, namespace, name string) (bool, error) {
	o := Object{Version: version, Kind: kind, Namespace: namespace, Name: name}
	if version == "" {
		return false, errors.New("no version")
	}
	return h[o.String()], nil
}

func TestEachObjectIsImportedAppliedOrCreated(t *testing.T) {
	r := Report{Objects: []Object{{Version: "v1", Kind: "Namespace", Name: "shop"},
		{Version: "v1", Kind: "Service", Namespace: "shop", Name: "scoring"},
		{Version: "v1", Kind: "ConfigMap", Namespace: "shop", Name: "plan"}}}
	imported := func(kind string) bool { return kind != "Service" }
	if err := Look(t.Context(), has{"Namespace shop": true, "Service shop/scoring": true}, r.Objects,
		imported); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{Import, Apply, Create} {
		if r.Objects[i].Action != want || r.Count(want) != 1 {
			t.Errorf("%s: %s, want %s", r.Objects[i], r.Objects[i].Action, want)
		}
	}
	if !r.Stands() {
		t.Error("two of three stand")
	}
	if err := Look(t.Context(), has{}, r.Objects, imported); err != nil || r.Stands() {
		t.Errorf("nothing stands, and: %v", err)
	}
	err := Look(t.Context(), has{}, []Object{{Kind: "Pod", Namespace: "n", Name: "p"}}, imported)
	if err == nil || !strings.Contains(err.Error(), "Pod n/p: no version") {
		t.Errorf("one that cannot be asked for: %v", err)
	}
}

func TestAdoptIsSetAndNothingElseChanged(t *testing.T) {
	for name, c := range map[string][2]string{
		"a stack of init": {"# dev\nconfig:\n  aws:region: eu-central-1\n  ashlar:environment: dev # ours\n",
			"# dev\nconfig:\n  ashlar:adopt: \"true\"\n  aws:region: eu-central-1\n  ashlar:environment: dev # ours\n"},
		"the project's namespace": {"encryptionsalt: v1:x\nconfig:\n    acme-credit:environment: dev\n",
			"encryptionsalt: v1:x\nconfig:\n    acme-credit:adopt: \"true\"\n    acme-credit:environment: dev\n"},
		"set to false": {"config:\n  ashlar:adopt: \"false\"\n  ashlar:existing:\n    vpc: v\nenvironment: [x]\n",
			"config:\n  ashlar:adopt: \"true\"\n  ashlar:existing:\n    vpc: v\nenvironment: [x]\n"},
		"set already": {"config:\n  ashlar:adopt: \"true\"\n", "config:\n  ashlar:adopt: \"true\"\n"},
	} {
		got, err := Adopting([]byte(c[0]))
		if err != nil || string(got) != c[1] {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, c[1])
		}
	}
	for _, odd := range []string{"", "config: {}\n", "config: {ashlar:environment: dev}\n", "config:\n- a\n", "config:\n\tx: y\n"} {
		if got, err := Adopting([]byte(odd)); err == nil || !strings.Contains(err.Error(), "pulumi config set adopt true") {
			t.Errorf("%q becomes %q: %v", odd, got, err)
		}
	}
}

func FuzzAdoptingIsConfigOrAnError(f *testing.F) {
	for _, seed := range []string{"config:\n  a:b: c\n", "config:\n  ashlar:adopt: no\n", "x:\nconfig:\n\n\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Adopting([]byte(text))
		if err != nil {
			return
		}
		again, err := Adopting(got)
		if err != nil || string(again) != string(got) {
			t.Errorf("a second time %q becomes %q: %v", got, again, err)
		}
	})
}
