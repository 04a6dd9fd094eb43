package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/release"
	"github.com/ashlar-dev/ashlar/stacks/local"
)

func TestReleasesAreShownAndSteered(t *testing.T) {
	dir := t.TempDir()
	state, err := local.NewState(t.Context(), filepath.Join(dir, ".ashlar"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	call := func(want int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if code := run(t.Context(), append([]string{"release"}, args...), strings.NewReader(""), &out, &errs); code != want {
			t.Fatalf("%v: exit code %d, want %d: %s", args, code, want, errs.String())
		}
		return out.String() + errs.String()
	}
	if got := call(plan.ExitOK, "status", dir); !strings.Contains(got, "no endpoint has had a release") {
		t.Error(got)
	}
	if got := call(plan.ExitInput, "promote", dir); !strings.Contains(got, "canary, blueGreen or shadow") {
		t.Error(got)
	}
	releasing(t, state, "scoring")
	got := call(plan.ExitOK, "status", dir)
	for _, want := range []string{"scoring: version 3 of m in the place of 1, canary: progressing", "setWeight 10",
		"10 %", "pause 5m"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	var all []release.State
	if err := json.Unmarshal([]byte(call(plan.ExitOK, "status", dir, "--output", "json")), &all); err != nil ||
		len(all) != 1 || all[0].Current.To.Version != 3 {
		t.Errorf("%+v, %v", all, err)
	}
	if got := call(plan.ExitInput, "status", dir, "--endpoint", "scorin"); !strings.Contains(got, "scoring") {
		t.Error(got)
	}
	call(plan.ExitOK, "promote", dir, "--by", "ada")
	call(plan.ExitOK, "promote", dir, "--by", "ada", "--full")
	call(plan.ExitOK, "abort", dir, "--by", "grace", "--reason", "complaints")
	call(plan.ExitOK, "retry", dir, "--by", "bob")
	wanted, _, err := state.Registry.Releases().Steered(t.Context(), "scoring", 0)
	if err != nil || len(wanted) != 4 {
		t.Fatalf("%+v, %v", wanted, err)
	}
	for i, want := range []registry.Steering{
		{By: "ada", Release: registry.Release{What: release.WantPromote, Version: 3}},
		{By: "ada", Release: registry.Release{What: release.WantFull, Version: 3}},
		{By: "grace", Release: registry.Release{What: release.WantAbort, Version: 3, Reason: "complaints"}},
		{By: "bob", Release: registry.Release{What: release.WantRetry, Version: 2}},
	} {
		if w := wanted[i]; w.By != want.By || w.What != want.What || w.Version != want.Version ||
			w.Reason != want.Reason {
			t.Errorf("%+v, want %+v", w, want)
		}
	}
	if err := state.Registry.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}
