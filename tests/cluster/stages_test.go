//go:build integration

package cluster

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// TestAPodAStageMakesWhatALaptopMakesWhateverGoesWrong runs the credit pipeline
// as a graph of pods, with custom stages in a custom image, and
// with validation and search in parts. Meanwhile a pod is killed in the middle of
// its stage, the S3 server is gone for ten seconds and the database is started
// again. Everything that each stage has made is compared with a run on this
// machine.
func TestAPodAStageMakesWhatALaptopMakesWhateverGoesWrong(t *testing.T) {
	g := find(t)
	restart := os.Getenv("ASHLAR_TEST_POSTGRES_RESTART")
	shell, err := exec.LookPath("busybox")
	switch {
	case !g.has(t, "workflowtemplates.argoproj.io"):
		t.Skip("skipped: the cluster has not Argo's resources")
	case restart == "":
		t.Skip("skipped: ASHLAR_TEST_POSTGRES_RESTART is not set; it is the command that restarts the server")
	case err != nil:
		t.Skip("skipped: there is no busybox, of which the stages' image is made")
	}
	dir := g.staged(t, g.packed(t, shell, "sh", "sleep", "wc", "md5sum", "mkdir", "sed", "cat", "sort"))
	laptop := g.onLaptop(t, dir)

	s := deployOf(t, g, dir, true)
	s.partitions(t, dir)
	s.migrated(t)
	workflow := s.submit(t)
	s.running(t, "validate-parts")
	s.server.stop()
	time.Sleep(10 * time.Second)
	s.server.start(t)
	s.killOnce(t, "slow")
	s.running(t, "register")
	if out, err := exec.Command("bash", "-c", restart).CombinedOutput(); err != nil {
		t.Fatalf("restart PostgreSQL: %v\n%s", err, out)
	}
	s.ended(t, workflow)

	got := s.recorded(t, model)
	if got.Status != run.Succeeded || len(got.Stages) != len(laptop.Stages) {
		t.Fatalf("the cluster's run: %s, %d stages, the laptop's has %d", got.Status,
			len(got.Stages), len(laptop.Stages))
	}
	for _, want := range laptop.Stages {
		i := slices.IndexFunc(got.Stages, func(r run.Result) bool { return r.Stage == want.Stage })
		got := got.Stages[i]
		if got.Key != want.Key || !maps.Equal(got.Outputs, want.Outputs) || !maps.Equal(got.Files, want.Files) {
			t.Errorf("%s made %v %v in its pod, and %v %v here", want.Stage, got.Outputs,
				got.Files, want.Outputs, want.Files)
		}
	}
	if v := s.show(t, "--registry", s.registry); v.Status != "pending" || v.Author != "pipeline/"+pipeline {
		t.Errorf("the pipeline registered %+v", v)
	}
}

// staged writes the credit blueprint with its data in three files and stages of
// custom ones beside the built-in ones.
func (g ground) staged(t *testing.T, imageName string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "credit")
	g.command(t, g.ashlar, "init", dir, "--example", "credit")
	text, err := os.ReadFile(filepath.Join(dir, "credit.cue"))
	if err != nil {
		t.Fatal(err)
	}
	edit := func(from, to string) {
		if strings.Count(string(text), from) != 1 {
			t.Fatalf("%q occurs %d times in the blueprint", from, strings.Count(string(text), from))
		}
		text = []byte(strings.Replace(string(text), from, to, 1))
	}
	edit(`"data/credit_data.csv"`, `"data/part-*.csv"`)
	edit("params: {n_estimators: 100, max_depth: 10}",
		"params: {n_estimators: 20, max_depth: 10}\n\t\tsearch: {method: \"grid\", space: max_depth: [6, 8, 10]}")
	edit("retries:  1", `retries: 6
		retry_delay: "1s"
		fan_out: 3
		stages: {
			slow: {cmd: ["sleep 12", "sh ./count.sh prepare/train.csv > count.txt"], deps: ["count.sh", "prepare:train.csv"], outs: ["count.txt"], image: "`+imageName+`", cpu: "100m", memory: "64Mi"}
			half: {
				foreach: {first: 1, last: 2}
				do: {cmd: "mkdir -p halves; split_half() { sed -n \"$1\" count.txt; }; split_half ${item}p > halves/${key}.txt", deps: ["count.txt"], outs: ["halves/${key}.txt"], image: "`+imageName+`", cpu: "100m", memory: "64Mi"}
			}
			whole: {cmd: "cat halves/first.txt halves/last.txt | sort > whole.txt", deps: ["halves"], outs: ["whole.txt"], image: "`+imageName+`", cpu: "100m", memory: "64Mi"}
		}`)
	if err := os.WriteFile(filepath.Join(dir, "credit.cue"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "count.sh"),
		[]byte("#!/bin/sh\nwc -l < \"$1\"\nmd5sum < \"$1\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := os.ReadFile(filepath.Join(dir, dataset))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimRight(string(all), "\n")+"\n", "\n")
	head, rows := lines[0], lines[1:len(lines)-1]
	for i := range 3 {
		part := head + strings.Join(rows[i*len(rows)/3:(i+1)*len(rows)/3], "")
		if err := os.WriteFile(filepath.Join(dir, "data", fmt.Sprintf("part-%d.csv", i)),
			[]byte(part), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// onLaptop runs the pipeline on this machine and returns the record.
func (g ground) onLaptop(t *testing.T, dir string) run.Run {
	t.Helper()
	state := t.TempDir()
	g.command(t, g.ashlar, "pipeline", "run", pipeline, "--dir", dir, "--state", state, "--env", environment)
	var made run.Run
	if err := json.Unmarshal([]byte(g.command(t, g.ashlar, "runs", "show", "last", "--dir", dir, "--state", state,
		"--output", "json")), &made); err != nil {
		t.Fatal(err)
	}
	return made
}

// partitions brings the files of the dataset to where the pods are told that
// they are.
func (s *site) partitions(t *testing.T, dir string) {
	t.Helper()
	place, query, _ := strings.Cut(s.server.location(), "?")
	for i := range 3 {
		name := fmt.Sprintf("data/part-%d.csv", i)
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		upload(t, place+s.within()+"/data/applications?"+query, name, content)
	}
}

// podOf finds a pod of the stage's template that is in the phase.
func (s *site) podOf(t *testing.T, template, phase string) string {
	t.Helper()
	type item struct {
		Metadata struct {
			Name        string
			Annotations map[string]string
		}
		Status struct{ Phase string }
	}
	for _, p := range get[struct{ Items []item }](t, s.ground, "pods", "-n", s.namespace).Items {
		node := p.Metadata.Annotations["workflows.argoproj.io/node-name"]
		if strings.Contains(node, "."+template) && p.Status.Phase == phase {
			return p.Metadata.Name
		}
	}
	return ""
}

// running waits until a pod of the stage runs, or has already ended.
func (s *site) running(t *testing.T, template string) {
	t.Helper()
	eventually(t, patience, func() error {
		for _, phase := range []string{"Running", "Succeeded"} {
			if s.podOf(t, template, phase) != "" {
				return nil
			}
		}
		return fmt.Errorf("no pod of %s runs", template)
	})
}

// killOnce ends a pod in the middle of its stage, without a word to it.
func (s *site) killOnce(t *testing.T, template string) {
	t.Helper()
	var name string
	eventually(t, patience, func() error {
		if name = s.podOf(t, template, "Running"); name == "" {
			return fmt.Errorf("no pod of %s runs", template)
		}
		return nil
	})
	time.Sleep(2 * time.Second)
	s.must(t, "", "-n", s.namespace, "delete", "pod", name, "--force", "--grace-period=0")
}

// recorded reads the record of the unit's only run from the store.
func (s *site) recorded(t *testing.T, unit string) run.Run {
	t.Helper()
	st := s.store(t)
	found, err := run.List(t.Context(), st, unit, 10)
	if err != nil || len(found) != 1 {
		t.Fatalf("%d runs of %s are on record (%v)", len(found), unit, err)
	}
	return found[0]
}

// store opens the blueprint's store as its pods do.
func (s *site) store(t *testing.T) *store.Store {
	t.Helper()
	u, err := url.Parse(s.server.location())
	if err != nil {
		t.Fatal(err)
	}
	u.Path += s.within() + "/store"
	st, err := store.Open(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}
