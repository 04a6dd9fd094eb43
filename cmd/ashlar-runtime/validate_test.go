package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/runtime/validate"
)

// partitioned is the credit data in files of a folder, and the environment of a
// workload that reads them.
func partitioned(t *testing.T, files int) (env, *plan.Plan) {
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
	})
	return e.with("ASHLAR_DATA", dir), p
}

func TestPartsThatWorkloadsValidateAreOneReport(t *testing.T) {
	e, p := partitioned(t, 4)
	ds := p.Datasets["applications"]
	for _, part := range []string{"2/3", "0/3", "1/3"} { // in whatever order they end
		if got := duty(t, e, "validate", "--model", "default-risk", "--run", "nightly-1", "--part", part); got.code != exitFine {
			t.Fatalf("part %s: %+v", part, got)
		}
	}
	got := duty(t, e, "validate", "--model", "default-risk", "--run", "nightly-1", "--merge", "3")
	if got.code != exitFine {
		t.Fatalf("%+v", got)
	}
	var answer struct {
		Rows   int
		Report string
	}
	if err := json.Unmarshal([]byte(got.out), &answer); err != nil || answer.Rows != 4454 {
		t.Fatalf("%s, %v", got.out, err)
	}
	s, err := store.Open(t.Context(), e["ASHLAR_STORE"])
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	merged, err := s.GetBytes(t.Context(), answer.Report, 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := dataset.Open(t.Context(), ds, dataset.Options{Dir: e["ASHLAR_DATA"]})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	report, err := validate.Run(t.Context(), reader, ds, validate.Options{Dataset: "applications", Profile: true})
	if err != nil {
		t.Fatal(err)
	}
	if whole, err := json.Marshal(report); err != nil || string(whole) != string(merged) {
		t.Errorf("one pass gives another report: %v", err)
	}
}

func TestPartsThatCannotBeMergedSayWhy(t *testing.T) {
	e, _ := partitioned(t, 2)
	base := []string{"validate", "--model", "default-risk", "--run", "r"}
	if got := duty(t, e, append(base, "--part", "0/2")...); got.code != exitFine {
		t.Fatalf("%+v", got)
	}
	for want, args := range map[string][]string{
		"part 1 of run r": append(base, "--merge", "2"),
		"it is part 0 of 2, where part 0 of 1 is wanted": append(base, "--merge", "1"),
		"3 parts of 2 files":                             append(base, "--part", "1/3"),
		"want I/N":                                       append(base, "--part", "2/2"),
		"say which part with --part":                     base,
		"want letters, digits":                           {"validate", "--model", "default-risk", "--run", "../x", "--merge", "1"},
		"name the model with":                            {"validate", "--run", "r", "--merge", "1"},
		"the plan has no model":                          {"validate", "--model", "other", "--run", "r", "--merge", "1"},
	} {
		if got := duty(t, e, args...); got.code == exitFine || !strings.Contains(got.log, want) {
			t.Errorf("%v: %+v, want it to say %q", args, got, want)
		}
	}
	// What the blueprint does not accept is a finding, as in one pass.
	file := filepath.Join(e["ASHLAR_DATA"], "part-1.csv")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(text, "good,nonsense,owner,1,30,married,no,fixed,1,1,1,1,1,1\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := duty(t, e, append(base, "--part", "1/2")...); got.code != exitFine {
		t.Fatalf("%+v", got)
	}
	if got := duty(t, e, append(base, "--merge", "2")...); got.code != exitFindings || !strings.Contains(got.log, "nonsense") {
		t.Errorf("%+v", got)
	}
}
