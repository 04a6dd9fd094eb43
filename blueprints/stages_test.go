package blueprints

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// staged is a sound blueprint whose pipeline has stages of its own.
const staged = `package p
import "ashlar.dev/blueprint"
blueprint.#Blueprint & {
	name: "p"
	owner: {team: "t", email: "t@example.com"}
	datasets: d: {
		source: "out/clean.csv"
		columns: {
			Age: type: "integer"
			Status: {type: "category", values: ["bad", "good"]}
		}
	}
	models: m: {
		dataset: "d"
		target: "Status"
		algorithm: "custom"
		artifact: {flavor: "xgboost", path: "out/model.json"}
	}
	pipelines: l: {
		model: "m"
		params: {seed: 7, train: {eta: 0.1, depth: 6}}
		stages: {
			clean: {cmd: "python3 clean.py", deps: ["clean.py", "raw"], outs: ["out/clean.csv"]}
			train: {
				cmd: ["python3 train.py", "test -s model.json"]
				wdir: "out"
				deps: ["../train.py", "prepare:train_features.csv"]
				params: ["train.eta", "seed", "date"]
				outs: ["model.json"]
				metrics: ["metrics.json"]
				timeout: "30m"
				memory: "2Gi"
			}
			plot: {
				foreach: [{column: "Age", bins: 10}, {column: "Status", bins: 2}]
				do: {cmd: "python3 plot.py ${item.column} ${item.bins} ${HOME}", deps: ["out/clean.csv"], plots: ["plots/${item.column}.svg"]}
			}
			attempt: {
				matrix: {eta: [0.1, 0.3], depth: [4, 6]}
				cmd: "./try ${item.eta} ${item.depth}"
				deps: ["prepare:train.csv"]
				outs: ["try/${item.eta}-${item.depth}"]
			}
			best: {cmd: "./best try", deps: ["try"], metrics: ["best.json"]}
		}
	}
}
`

var wrongStages = []struct{ name, from, to string }{
	{"no command", `cmd: "./best try", `, ``},
	{"an unknown field of a stage", `timeout: "30m"`, `timout: "30m"`},
	{"foreach without do", `do: {cmd`, `dont: {cmd`},
	{"foreach beside a command", `foreach: [`, `cmd: "x", foreach: [`},
	{"foreach beside a description", `foreach: [`, `description: "plots", foreach: [`},
	{"foreach beside several fields", `foreach: [`, `description: "plots", cmd: "x", timeout: "5m", foreach: [`},
	{"foreach beside two fields that belong below do", `foreach: [`, `cmd: "x", timeout: "5m", foreach: [`},
	{"a template of nothing", `${item.bins}`, `${item.bin}`},
	{"two members of one name", `depth: [4, 6]}` + "\n\t\t\t\tcmd", `depth: [4, "4"]}` + "\n\t\t\t\tcmd"},
	{"one path for all members", `try/${item.eta}-${item.depth}`, `try/all`},
	{"a path that leaves the folder", `"out/clean.csv"]}` + "\n\t\t\ttrain", `"../clean.csv"]}` + "\n\t\t\ttrain"},
	{"a path with a detour", `deps: ["clean.py", "raw"]`, `deps: ["./clean.py", "raw"]`},
	{"an unknown file of a built-in stage", `prepare:train.csv`, `prepare:tain.csv`},
	{"a param that is not there", `"train.eta"`, `"train.etta"`},
	{"params of one variable", `params: {seed: 7,`,
		`stages: both: {cmd: "x", params: ["train.eta", "train-eta", "seed", "TRAIN_ETA"]}` + "\n\t\t" +
			`params: {"train-eta": 1, TRAIN_ETA: 2, seed: 7,`},
	{"a name of a built-in stage", `best: {`, `evaluate: {`},
	{"stages that wait for each other", `deps: ["clean.py", "raw"]`, `deps: ["clean.py", "best.json"]`},
	{"a stage that waits for itself", `deps: ["clean.py", "raw"]`, `deps: ["clean.py", "out/clean.csv"]`},
	{"memory that is none", `"2Gi"`, `"2 GB"`},
	{"an artifact that no stage makes", `path: "out/model.json"`, `path: "model.json"`},
	{"a flavor that is not known", `"xgboost"`, `"xgbost"`},
	{"a custom model without its stage", `train: {` + "\n\t\t\t\tcmd", `learn: {` + "\n\t\t\t\tcmd"},
	{"a stage that trains a built-in model", `algorithm: "custom"` +
		"\n\t\tartifact: {flavor: \"xgboost\", path: \"out/model.json\"}", `algorithm: "random_forest"`},
	{"a custom model without a pipeline", `model: "m"` + "\n\t\tparams", "params"},
	{"a matrix without values", `eta: [0.1, 0.3]`, `eta: []`},
	{"a variable that is taken", `timeout: "30m"`, `env: ASHLAR_X: "1"`},
	{"two kinds of environment", `timeout: "30m"`, `environment: {pip: "a.txt", conda: "b.yml"}`},
}

func TestWrongStages(t *testing.T) {
	if err := loadAll(staged); err != nil {
		t.Fatalf("the sound blueprint is not: %v", err)
	}
	var got strings.Builder
	for _, c := range wrongStages {
		if strings.Count(staged, c.from) != 1 {
			t.Fatalf("%s: %q occurs %d times", c.name, c.from, strings.Count(staged, c.from))
		}
		err := loadAll(strings.Replace(staged, c.from, c.to, 1))
		var problems Problems
		if !errors.As(err, &problems) {
			t.Errorf("%s: got %v, want problems", c.name, err)
			continue
		}
		got.WriteString("# " + c.name + "\n" + problems.Error() + "\n\n")
	}
	golden(t, "wrong_stages.txt", got.String())
}

// golden holds text to a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestForeachAndMatrixBecomeStages(t *testing.T) {
	p := load(t, map[string]string{"p.cue": staged}, "")
	nodes, err := p.Graph("l")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range nodes {
		got = append(got, n.Name+" <- "+strings.Join(n.After, " "))
	}
	want := []string{
		"clean <- ", "ingest <- clean", "validate <- ingest", "prepare <- validate",
		"train <- prepare", "evaluate <- train",
		"register <- evaluate",
		"attempt@4-0.1 <- prepare", "attempt@4-0.3 <- prepare", "attempt@6-0.1 <- prepare", "attempt@6-0.3 <- prepare",
		"best <- attempt@4-0.1 attempt@4-0.3 attempt@6-0.1 attempt@6-0.3", "plot@0 <- clean", "plot@1 <- clean",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("graph (-want +got):\n%s", diff)
	}
	stages := p.Pipelines["l"].Stages
	if got, want := stages["plot@0"].Cmd[0], "python3 plot.py Age 10 ${HOME}"; got != want {
		t.Errorf("the command is %q, want %q", got, want)
	}
	if got := stages["attempt@6-0.3"].Outs[0]; got != "try/0.3-6" {
		t.Errorf("the out is %q", got)
	}
	if u := p.Units(); len(u) != 1 || u[0] != (plan.Unit{Pipeline: "l", Model: "m"}) {
		t.Errorf("the units are %v", u)
	}
}
