package blueprints

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestTheKeyOfASplitIsNoFeatureUnlessItIsNamed(t *testing.T) {
	load := func(to string) []string {
		t.Helper()
		text := strings.Replace(small, `positive: "good"`, to, 1)
		p, err := Load(fstest.MapFS{"p.cue": {Data: []byte(text)}}, ".", "dev")
		if err != nil {
			t.Fatal(err)
		}
		if m := p.Models["m"]; m.Split.Key != "Age" {
			t.Errorf("key %q", m.Split.Key)
		}
		return p.Models["m"].Features
	}
	if got := load(`positive: "good", split: key: "Age"`); !slices.Equal(got, []string{"Home"}) {
		t.Errorf("features %v", got)
	}
	if got := load(`positive: "good", split: key: "Age", features: ["Age", "Home"]`); !slices.Equal(got,
		[]string{"Age", "Home"}) {
		t.Errorf("features %v", got)
	}
}
