package blueprints

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whoever holds a Loaded may use its plan, whatever was wrong with what was
// loaded, and however it was asked for.
func TestNoPlanComesBesideAnError(t *testing.T) {
	var l Loader
	for i, c := range append(wrong, struct{ name, from, to string }{"nothing", "", ""}) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "p.cue"),
			[]byte(strings.Replace(small, c.from, c.to, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		ways := []string{"dev"}
		if i%10 == 0 || c.from == "" {
			ways = []string{"", "dev", "prod", "nowhere"}
		}
		for _, only := range ways {
			loaded, err := l.LoadDir(dir, only)
			if err != nil && loaded != nil || err == nil && len(loaded) == 0 {
				t.Errorf("%s, environment %q: %d plans beside %v", c.name, only, len(loaded), err)
			}
			for name, one := range loaded {
				if one.Plan == nil {
					t.Errorf("%s, environment %q: %s has no plan", c.name, only, name)
				}
			}
			if only == "nowhere" && err == nil {
				t.Errorf("%s: an unknown environment is loaded", c.name)
			}
		}
	}
}
