package blueprints

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Where the same is written in both revisions, wherever it stands, the plan is the
// twin's own; where anything differs, the environment is checked and lowered.
func TestAnEnvironmentThatIsWrittenAlikeHasItsTwinsPlan(t *testing.T) {
	const text = `import "ashlar.dev/blueprint"
blueprint.#Blueprint & {
	name: "a", owner: {team: "a-team", email: "team@example.com"}, seed: 1
	datasets: d: {source: "d.csv", columns: {x: type: "number", y: type: "number", z: type: "number"}}
	models: m: {dataset: "d", target: "y", algorithm: "linear_regression", exclude: ["z"]}
	environments: {dev: {}, prod: seed: 2}
}
`
	folder := func(text string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a.cue"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	var l Loader
	twin, err := l.LoadDir(folder(text), "")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text      string
		dev, prod bool // whether the plan is the twin's
	}{
		"moved":                {"// a comment\n\n" + text, true, true},
		"in an overlay":        {strings.Replace(text, "seed: 2", "seed: 3", 1), true, false},
		"in the base":          {strings.Replace(text, `}, seed: 1`, `}, seed: 4`, 1), false, true},
		"a kind":               {strings.Replace(text, `z: type: "number"`, `z: type: "integer"`, 1), false, false},
		"a field more":         {strings.Replace(text, "dev: {}", `dev: description: "d"`, 1), false, true},
		"an element of a list": {strings.Replace(text, `["z"]`, `["x"]`, 1), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(c.text)
			got, err := l.LoadTwin(dir, twin)
			if err != nil {
				t.Fatal(err)
			}
			for env, same := range map[string]bool{"dev": c.dev, "prod": c.prod} {
				if (got[env].Plan == twin[env].Plan) != same {
					t.Errorf("%s: the plan is the twin's: %v, want %v", env, !same, same)
				}
				alone, err := l.LoadDir(dir, env)
				if err != nil {
					t.Fatal(err)
				}
				want, err := alone[env].Plan.Digest()
				if digest, err2 := got[env].Plan.Digest(); err != nil || err2 != nil || digest != want {
					t.Errorf("%s: the digest is %s, and without a twin %s (%v, %v)", env, digest, want, err, err2)
				}
			}
		})
	}
}
