package advice

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

const sized = `package p
import "ashlar.dev/blueprint"
blueprint.#Blueprint & {
	name: "p", owner: {team: "t", email: "t@example.com"}
	datasets: d: {source: "d.csv", columns: {x: {type: "number"}, y: {type: "category", values: ["a", "b"]}}}
	models: m: {dataset: "d", target: "y", positive: "b", algorithm: "random_forest"}
	pipelines: plain: model: "m"
	pipelines: own: {
		resources: memory: "1Gi"
		stages: {
			short: {cmd: "true", outs: ["s"], memory: "8Gi"}
			long: {cmd: "true", outs: ["l"], resources: memory: "512Mi"}
			each: {foreach: [1, 2], do: {cmd: "true", outs: ["${item}"]}}
		}
	}
}
`

const mib = 1 << 20

func held(unit, pipeline string, stages map[string]int64) run.Run {
	r := run.Run{Blueprint: "p", Unit: unit, Pipeline: pipeline}
	for name, bytes := range stages {
		r.Stages = append(r.Stages, run.Result{Stage: name, PeakMemory: bytes})
	}
	return r
}

func advisedOn(t *testing.T, runs ...run.Run) []string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "p.cue"), []byte(sized), 0o600); err != nil {
		t.Fatal(err)
	}
	var loader blueprints.Loader
	loaded, err := loader.LoadDir(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, one := range loaded {
		for _, f := range Sizes(one.Plan, one.Positions, runs) {
			if f.File != "p.cue" || f.Line == 0 || f.Refuses() {
				t.Errorf("%s is at %s:%d, and refuses: %v", f.Message, f.File, f.Line, f.Refuses())
			}
			out = append(out, f.Message+"; "+f.Fix)
		}
	}
	return out
}

func TestMemoryIsComparedWithWhatRunsHeld(t *testing.T) {
	for name, c := range map[string]struct {
		run  run.Run
		want string // "": nothing is said
	}{
		"close to the default": {held("m", "", map[string]int64{"train": 3500 * mib, "prepare": 100 * mib}),
			`pipeline plain: in the last runs stage train held up to 3.4 GiB of memory, 85 % of the 4Gi of its pod; set pipelines.plain.stages.train.resources.memory to "6Gi"`},
		"far below a default": {held("m", "", map[string]int64{"train": 50 * mib}), ""},
		"at a limit":          {held("own", "own", map[string]int64{"long": 512 * mib}), `long held up to 512.0 MiB of memory, 100 % of the 512Mi of its pod; set pipelines.own.stages.long.resources.memory to "768Mi"`},
		"within it":           {held("own", "own", map[string]int64{"long": 400 * mib}), ""},
		"far below what it states": {held("own", "own", map[string]int64{"short": 100 * mib}),
			`short held up to 100.0 MiB of memory, 1 % of the 8Gi of its pod; set pipelines.own.stages.short.memory to "192Mi"`},
		"of a foreach, by the pipeline's": {held("own", "own", map[string]int64{"each@1": 900 * mib, "each@2": 950 * mib}),
			`each@2 held up to 950.0 MiB of memory, 93 % of the 1Gi of its pod; set pipelines.own.stages.each.resources.memory to "1536Mi"`},
		"of another pipeline": {held("m", "other", map[string]int64{"train": 3500 * mib}), ""},
		"not measured":        {held("m", "", map[string]int64{"train": 0}), ""},
	} {
		got := advisedOn(t, c.run)
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.HasSuffix(got[0], c.want)) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestOnlyTheNewestRunsCount(t *testing.T) {
	runs := make([]run.Run, RecentRuns)
	for i := range runs {
		runs[i] = held("m", "", map[string]int64{"train": 10 * mib})
	}
	runs = append(runs, held("m", "", map[string]int64{"train": 3900 * mib}))
	if got := advisedOn(t, runs...); len(got) > 0 {
		t.Errorf("a run of long ago is said to matter: %q", got)
	}
	if got := advisedOn(t, runs[1:]...); len(got) != 1 {
		t.Errorf("a recent run does not matter: %q", got)
	}
}
