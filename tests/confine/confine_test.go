//go:build linux && integration

// Package confine has code of a stage try to get out of it: every way that is
// known, on this kernel, as root and as an ordinary user. What must hold is a
// table, and what this kernel cannot prevent must be in the run's record.
package confine

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/confine"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// nobody is an ordinary user.
const nobody = 65534

// ground names the folder that a process of this test that is nobody's runs in.
const groundVariable = "ASHLAR_TEST_WAYS_OUT"

// row is one way out: what prevents it, or by which name of the record it is
// open where the kernel has nothing against it.
type row struct{ by, open string }

var files = row{"landlock", confine.OpenFiles}

// table is what must happen on each way of the helper.
var table = map[string]row{
	"environment of the parent":           {by: "undumpable parent, landlock"},
	"memory of the parent":                {by: "undumpable parent, landlock"},
	"maps of the parent":                  {by: "undumpable parent, landlock"},
	"root of the parent":                  {by: "undumpable parent, landlock"},
	"folder of the parent":                {by: "undumpable parent, landlock"},
	"descriptors of the parent":           {by: "undumpable parent, landlock"},
	"a descriptor taken from the parent":  {by: "undumpable parent, landlock"},
	"trace the parent":                    {by: "undumpable parent, landlock"},
	"read the parent by process_vm_readv": {by: "undumpable parent, landlock"},
	"namespaces of the parent":            {by: "undumpable parent, landlock"},
	"signal the parent":                   {"landlock scope", confine.OpenSignals},
	"signal a sibling":                    {"landlock scope", confine.OpenSignals},
	"trace a sibling":                     files,
	"environment of a sibling":            files,
	"priority of the parent's limits":     {"-", confine.OpenAttributes},
	"credentials in the environment":      {by: "clean environment"},
	"preloaded libraries":                 {by: "clean environment"},
	"descriptors that were inherited":     {by: "close on exec"},
	"a terminal to type into":             {by: "own session"},
	"read a file outside":                 files,
	"write a file outside":                files,
	"truncate a file outside":             files,
	"remove a file outside":               files,
	"make a file outside":                 files,
	"make a folder outside":               files,
	"make a file in /tmp":                 files,
	"list a folder outside":               files,
	"a file by a symbolic link":           files,
	"a file by a hard link":               files,
	"an object of the store by a link":    files,
	"move a file into the store":          files,
	"read an object of the store":         files,
	"write an object of the store":        files,
	"make an object of the store":         files,
	"write the registry":                  files,
	"read another run's folder":           files,
	"write another run's folder":          files,
	"write the blueprint":                 files,
	"plant a hook of git":                 files,
	"a file by its handle":                {by: "no capabilities"},
	"a device of its own":                 {by: "no capabilities, landlock"},
	"mount":                               {by: "no capabilities, landlock"},
	"a mount in a user namespace":         {"landlock", confine.OpenFiles},
	"chroot":                              {by: "no capabilities"},
	"another user":                        {by: "no capabilities"},
	"the group of root":                   {by: "no capabilities"},
	"new privileges by exec":              {by: "no new privileges"},
	"capabilities":                        {by: "no capabilities"},
	"a raw socket":                        {by: "no capabilities"},
	"a packet socket":                     {by: "no capabilities"},
	"core dumps":                          {by: "limit of core dumps"},
	"where cores go":                      {by: "no capabilities, landlock"},
	"the name of the machine":             {by: "no capabilities"},
	"a cgroup of its own making":          files,
	"a socket by abstract name":           {"landlock scope", confine.OpenSignals},
	"a socket by path":                    {"-", confine.OpenSockets},
	"the network":                         {"-", confine.OpenNetwork},
	"modes of a file outside":             {"-", confine.OpenAttributes},
	"shared memory":                       {"-", confine.OpenShared},
	"arguments of other processes":        {"-", confine.OpenList},
}

func TestWaysOut(t *testing.T) {
	if base := os.Getenv(groundVariable); base != "" {
		try(t, newField(t, base)) // nobody's process
		return
	}
	base := shared(t)
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(base, "escape"), "./escape")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if os.Getuid() != 0 {
		try(t, newField(t, base))
		return
	}
	t.Run("as root", func(t *testing.T) {
		sub := filepath.Join(base, "root")
		if err := os.Mkdir(sub, 0o755); err != nil {
			t.Fatal(err)
		}
		copied(t, filepath.Join(base, "escape"), filepath.Join(sub, "escape"))
		try(t, newField(t, sub))
	})
	t.Run("as an ordinary user", func(t *testing.T) {
		sub := filepath.Join(base, "nobody")
		if err := os.Mkdir(sub, 0o755); err != nil {
			t.Fatal(err)
		}
		copied(t, os.Args[0], filepath.Join(sub, "test"))
		copied(t, filepath.Join(base, "escape"), filepath.Join(sub, "escape"))
		if err := os.Chown(sub, nobody, nobody); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), filepath.Join(sub, "test"), "-test.run=^TestWaysOut$", "-test.v")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		cmd.Env, cmd.Dir = []string{"PATH=/usr/bin:/bin", "HOME=" + sub, "TMPDIR=" + sub,
			groundVariable + "=" + sub}, sub
		out, err := cmd.CombinedOutput()
		t.Logf("%s", out)
		if err != nil {
			t.Fatal(err)
		}
	})
}

// shared is a temporary folder that others may look into.
func shared(t *testing.T) string {
	t.Helper()
	base, err := os.MkdirTemp("", "ashlar-ways-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(base) })
	if err := os.Chmod(base, 0o755); err != nil { //nolint:gosec // nobody looks into it
		t.Fatal(err)
	}
	return base
}

func copied(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o755) //nolint:gosec // a program
	}
	if err != nil {
		t.Fatal(err)
	}
}

// try runs the helper as a stage, and compares what it found open with the table
// and with the record.
func try(t *testing.T, f *field) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
	t.Setenv("HTTPS_PROXY", "http://ada:s3cret@127.0.0.1:1")
	t.Setenv("PIP_INDEX_URL", "https://ada:s3cret@127.0.0.1:1/simple")
	t.Setenv("LD_PRELOAD", "")
	run, err := f.run(plan.Stage{Cmd: []string{"./escape"}, Deps: []string{"escape", "field.json"},
		Outs: []string{"ways.json"}})
	if err != nil {
		t.Fatal(err)
	}
	record := run.Stages[0].Confinement
	if record == nil {
		t.Fatal("the record does not say what held the stage")
	}
	var found map[string]string
	if err := json.Unmarshal(f.made(run, "ways.json"), &found); err != nil {
		t.Fatal(err)
	}
	rows := map[string][3]string{}
	for way, said := range found {
		want, ok := table[way]
		if !ok {
			t.Errorf("%s: the table lacks it", way)
		}
		must := "prevented"
		if want.open != "" && slices.Contains(record.Open, want.open) {
			must = "open, and recorded"
		}
		rows[way] = [3]string{must, said, want.by}
		if (said == "open") != (must != "prevented") {
			t.Errorf("%s: must be %s, and was: %s", way, must, said)
		}
	}
	if len(found) != len(table) {
		t.Errorf("%d ways were tried, and the table has %d", len(found), len(table))
	}
	f.processes(rows)
	f.limits(rows)
	f.bombs(rows)
	f.links(rows)
	if len(rows) < 60 {
		t.Errorf("only %d ways out were tried", len(rows))
	}
	t.Logf("user %d, %s\n%s", os.Getuid(), record, written(rows))
}

// written is the table for people.
func written(rows map[string][3]string) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "tried\tmust be\twas\tby")
	names := make([]string, 0, len(rows))
	for name := range rows {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		r := rows[name]
		if len(r[1]) > 60 {
			r[1] = r[1][:28] + "..." + r[1][len(r[1])-28:]
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", name, r[0], strings.ReplaceAll(r[1], "\n", " "), r[2])
	}
	_ = w.Flush() // to memory
	return b.String()
}

// run runs the one stage.
func (f *field) run(s plan.Stage) (*run.Run, error) {
	ctx, cancel := context.WithTimeout(f.t.Context(), 2*time.Minute)
	defer cancel()
	p := &plan.Plan{APIVersion: plan.APIVersion, Name: "p", Seed: 1,
		Pipelines: map[string]plan.Pipeline{"l": {Stages: map[string]plan.Stage{"a": s}}}}
	r, err := pipeline.New(pipeline.Config{
		Plan: p, Dir: f.Dir, Store: f.store, TempDir: f.temp, Getenv: os.Getenv, Now: time.Now, Author: "ada",
		Confine: confine.Base(os.Getenv, f.Dir, filepath.Dir(f.State)),
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return r.Do(ctx, pipeline.Job{Unit: plan.Unit{Pipeline: "l"}})
}

// made is what the stage left.
func (f *field) made(r *run.Run, path string) []byte {
	f.t.Helper()
	b, err := f.store.GetBytes(f.t.Context(), r.Stages[0].Files[path].Digest, 1<<20)
	if err != nil {
		f.t.Fatal(err)
	}
	return b
}
