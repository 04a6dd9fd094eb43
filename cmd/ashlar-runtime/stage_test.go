package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	runs "github.com/ashlar-dev/ashlar/runtime/run"
)

// partitioned is the credit data in files of a folder, and the environment of a
// workload that reads them and whose pipeline fans out.
func partitioned(t *testing.T, files, fanOut int) (env, *plan.Plan) {
	t.Helper()
	text, err := os.ReadFile("../../blueprints/examples/credit/data/credit_data.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimRight(string(text), "\n")+"\n", "\n")
	header, rows := lines[0], lines[1:len(lines)-1]
	dir := t.TempDir()
	for i := range files {
		part := header + strings.Join(rows[i*len(rows)/files:(i+1)*len(rows)/files], "")
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("part-%d.csv", i)), []byte(part), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var p *plan.Plan
	e := credit(t, func(edited *plan.Plan) {
		d := edited.Datasets["applications"]
		d.Source = "part-*.csv"
		edited.Datasets["applications"], p = d, edited
		line := edited.Pipelines["nightly"]
		line.FanOut = fanOut
		edited.Pipelines["nightly"] = line
	})
	return e.with("ASHLAR_DATA", dir), p
}

// fields are what a duty printed.
func fields[T any](t *testing.T, out string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return v
}

// TestAWorkloadAStageMakesWhatOneWorkloadMakes runs the pipeline once by a
// workload, and on another store by one a stage, in parts where it fans out.
func TestAWorkloadAStageMakesWhatOneWorkloadMakes(t *testing.T) {
	e, p := partitioned(t, 4, 3)
	one := duty(t, e, "run", "--pipeline", "nightly")
	if one.code != plan.ExitOK {
		t.Fatalf("%+v", one)
	}
	whole := fields[pipeline.Outcome](t, one.out)
	many := e.with("ASHLAR_STORE", t.TempDir()).with("ASHLAR_DATABASE", filepath.Join(t.TempDir(), "r.db"))
	base := []string{"--pipeline", "nightly", "--run", "20261125T000000Z-w"}
	nodes, err := p.Graph("nightly")
	if err != nil {
		t.Fatal(err)
	}
	if got := duty(t, many, append([]string{"migrate"}, base[:0]...)...); got.code != plan.ExitOK {
		t.Fatalf("%+v", got)
	}
	for _, n := range nodes {
		// The registry is asked for where it is used, and nowhere else.
		here := many
		if n.Name != plan.StageRegister {
			here = many.with("ASHLAR_DATABASE", "")
		}
		parts := p.FanOut(p.UnitFor("nightly"), n.Name)
		for i := range parts {
			if got := duty(t, here, append([]string{"stage", "--stage", n.Name, "--part",
				fmt.Sprintf("%d/%d", i, parts)}, base...)...); got.code != plan.ExitOK {
				t.Fatalf("part %d of %s: %+v", i, n.Name, got)
			}
		}
		if got := duty(t, here, append([]string{"stage", "--stage", n.Name, "--parts", fmt.Sprint(parts)},
			base...)...); got.code != plan.ExitOK {
			t.Fatalf("%s: %+v", n.Name, got)
		}
	}
	got := duty(t, many.with("ASHLAR_DATABASE", ""), append([]string{"finish", "--status", "Succeeded"}, base...)...)
	if got.code != plan.ExitOK {
		t.Fatalf("%+v", got)
	}
	run := fields[runs.Run](t, got.out)
	if run.Status != runs.Succeeded || run.Output("register", "version") != "1" ||
		len(run.Stages) != len(whole.Run.Stages) {
		t.Fatalf("%+v", run)
	}
	for _, want := range whole.Run.Stages {
		for _, stage := range run.Stages {
			if stage.Stage == want.Stage && (stage.Key != want.Key || !maps.Equal(stage.Outputs, want.Outputs)) {
				t.Errorf("%s made %v, one workload %v", want.Stage, stage.Outputs, want.Outputs)
			}
		}
	}
}

func TestAStageThatCannotRunSaysWhy(t *testing.T) {
	e, _ := partitioned(t, 2, 2)
	base := []string{"stage", "--pipeline", "nightly", "--run", "r"}
	if got := duty(t, e, append(base, "--stage", "ingest")...); got.code != plan.ExitOK {
		t.Fatalf("%+v", got)
	}
	for want, args := range map[string][]string{
		"stage prepare waits for validate, which has no result in this run": append(base, "--stage", "prepare"),
		"stage validate waits for its part 1 of 2": append(base, "--stage",
			"validate", "--parts", "2"),
		"want I/N":                      append(base, "--stage", "validate", "--part", "2/2"),
		"name the stage with --stage":   base,
		"there is no stage":             append(base, "--stage", "tain"),
		"want letters, digits":          {"stage", "--pipeline", "nightly", "--run", "../x", "--stage", "train"},
		"name the pipeline with":        {"stage", "--run", "r", "--stage", "train"},
		"the plan has no pipeline":      {"stage", "--pipeline", "other", "--run", "r", "--stage", "train"},
		"stage ingest does not fan out": append(base, "--stage", "ingest", "--part", "0/2"),
	} {
		if got := duty(t, e, args...); got.code == plan.ExitOK || !strings.Contains(got.log, want) {
			t.Errorf("%v: %+v, want it to say %q", args, got, want)
		}
	}
}

func TestAFailedRunIsFinishedAsFailed(t *testing.T) {
	e, _ := partitioned(t, 2, 0)
	// What the blueprint does not accept is a finding, and the record says so.
	file := filepath.Join(e["ASHLAR_DATA"], "part-1.csv")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(text,
		"good,nonsense,owner,1,30,married,no,fixed,1,1,1,1,1,1\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	base := []string{"--model", "default-risk", "--run", "r"}
	if got := duty(t, e, append([]string{"stage", "--stage", "ingest"}, base...)...); got.code != plan.ExitOK {
		t.Fatalf("%+v", got)
	}
	if got := duty(t, e, append([]string{"stage", "--stage", "validate"}, base...)...); got.code != plan.ExitFindings ||
		!strings.Contains(got.log, "nonsense") {
		t.Errorf("%+v", got)
	}
	// The credit pipeline tells by e-mail, and no server is named here.
	got := duty(t, e, append([]string{"finish", "--status", "Failed"}, base...)...)
	if !strings.Contains(got.log, "ASHLAR_SMTP_URL is not set") {
		t.Errorf("%+v", got)
	}
	run := fields[runs.Run](t, got.out)
	if run.Status != runs.Failed || !strings.Contains(run.Error, "nonsense") {
		t.Errorf("%+v", run)
	}
}

func TestInstallCopiesTheProgram(t *testing.T) {
	dir := t.TempDir()
	if got := duty(t, env{}, "install", dir); got.code != plan.ExitOK {
		t.Fatalf("%+v", got)
	}
	info, err := os.Stat(filepath.Join(dir, "ashlar-runtime"))
	if err != nil || info.Mode()&0o111 == 0 || info.Size() < 1<<20 {
		t.Errorf("%v, %v", info, err)
	}
}
