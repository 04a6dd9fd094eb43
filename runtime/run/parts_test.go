package run

import (
	"errors"
	"slices"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/store"
)

func TestPartsAreTheStagesOfARunUntilItsRecordIsMade(t *testing.T) {
	s := shelf{}
	p := Parts{Refs: s, Unit: "m", ID: "1"}
	want := func(stage string, status Status) {
		t.Helper()
		res, err := p.Result(t.Context(), stage)
		if status == "" && !errors.Is(err, store.ErrNotFound) || status != "" && (err != nil || res.Status != status) {
			t.Errorf("%s is %q (%v), want %q", stage, res.Status, err, status)
		}
	}
	want("train", "")
	for _, res := range []Result{{Stage: "ingest", Status: Succeeded}, {Stage: "train", Status: Failed}} {
		if err := p.Save(t.Context(), &res); err != nil {
			t.Fatal(err)
		}
	}
	if err := (Parts{Refs: s, Unit: "m", ID: "10"}).Save(t.Context(), &Result{Stage: "ingest"}); err != nil {
		t.Fatal(err)
	}
	if err := p.SaveShare(t.Context(), "train", 1, "sha256:x"); err != nil {
		t.Fatal(err)
	}
	want("ingest", Succeeded)
	want("train", Failed)
	if digest, err := p.Share(t.Context(), "train", 1); err != nil || digest != "sha256:x" {
		t.Errorf("share %q (%v)", digest, err)
	}
	if _, err := p.Share(t.Context(), "train", 0); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a share that nobody has made: %v", err)
	}
	names, err := p.Names(t.Context())
	if err != nil || !slices.Equal(names, []string{"parts/m/1/ingest", "parts/m/1/train", "parts/m/1/train.parts/1"}) {
		t.Fatalf("the parts are %v (%v)", names, err)
	}
	save(t, s, Run{Unit: "m", ID: "1", Stages: []Result{{Stage: "ingest", Status: Succeeded},
		{Stage: "train", Status: Failed}}})
	if err := p.Remove(t.Context(), names); err != nil {
		t.Fatal(err)
	}
	want("ingest", Succeeded)
	want("train", "") // it is to run once more
	if len(s) != 2 {
		t.Errorf("%v are left, want the record and the part of another run", s)
	}
	s["parts/m/1/train"] = `{"stage": 1}`
	if _, err := p.Result(t.Context(), "train"); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Errorf("a part that cannot be read: %v", err)
	}
}
