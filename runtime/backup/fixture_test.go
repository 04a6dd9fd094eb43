package backup

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// stack is a registry and a store.
type stack struct {
	store    *store.Store
	registry *registry.Registry
}

func openStack(ctx context.Context, dir string) (s stack, err error) {
	if s.store, err = store.Open(ctx, filepath.Join(dir, "store")); err != nil {
		return s, err
	}
	s.registry, err = registry.Open(ctx, filepath.Join(dir, "registry.db"), registry.Options{Now: time.Now})
	return s, err
}

func newStack(t *testing.T, dir string) stack {
	t.Helper()
	s, err := openStack(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.registry.Close() })
	return s
}

func newPlace(t *testing.T, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// put keeps content in the stack's store.
func (s stack) put(t testing.TB, content string) string {
	t.Helper()
	digest, _, err := s.store.Put(t.Context(), strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

// model registers, approves and serves a version, with a run and its cached result.
func (s stack) model(t testing.TB, n int) string {
	t.Helper()
	ctx := t.Context()
	model, report := s.put(t, fmt.Sprint("model ", n)), s.put(t, fmt.Sprintf(`{"report": %d}`, n))
	auc := 0.84
	v, err := s.registry.Register(ctx, registry.Candidate{
		Blueprint: "credit", Environment: "dev", Model: "risk", RunID: fmt.Sprint("run-", n),
		ModelDigest: model, PlanDigest: plan.DigestBytes(nil),
		Data: registry.Data{Source: "data.csv", Digest: s.put(t, fmt.Sprint("rows ", n))}, Author: "ada",
		TrainedAt: time.Now(), Algorithm: "random_forest", Metrics: map[string]float64{"roc_auc": auc},
		Gates:    []registry.Gate{{Name: "roc_auc", Value: &auc, Want: ">=0.8", Passed: true}},
		Evidence: map[string]string{"evaluation": report},
		Approval: plan.Approval{Policy: "manual", Approvers: []string{"grace"}, Count: 1, NotAuthor: true},
	})
	if err == nil {
		_, err = s.registry.Approve(ctx, "risk", v.Version, registry.Decision{By: "grace", Comment: "reviewed"})
	}
	if err == nil {
		err = s.registry.RecordServing(ctx, "scoring", "risk", v.Version, model)
	}
	if err == nil {
		err = s.registry.SetAlias(ctx, "risk", "candidate", v.Version, "grace")
	}
	if err == nil {
		err = s.store.PutRef(ctx, fmt.Sprintf("runs/risk/%d", n), []byte(`{"outputs": "`+model+`"}`))
	}
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// make makes a backup.
func (s stack) backup(t testing.TB, place *store.Store) Result {
	t.Helper()
	r, err := Make(t.Context(), Config{Place: place, Store: s.store, Registry: s.registry, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (s stack) restore(t testing.TB, place *store.Store, id string) (Restored, error) {
	t.Helper()
	return Restore(t.Context(), Target{Place: place, ID: id, Store: s.store, Registry: s.registry})
}

// state is all that a stack holds, as text: rows, references, and objects by digest.
func (s stack) state(t testing.TB) []string {
	t.Helper()
	ctx := t.Context()
	var out []string
	if err := s.store.WalkObjects(ctx, func(i store.Info) {
		if err := verify(ctx, s.store, i.Name); err != nil {
			t.Error(err)
		}
		out = append(out, fmt.Sprint(i.Name, i.Size))
	}); err != nil {
		t.Fatal(err)
	}
	names, err := s.store.ListRefs(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		value, err := s.store.PeekRef(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, name+" "+string(value))
	}
	return append(out, export(t, s.registry)...)
}

// export is every row of the registry, whose log is verified.
func export(t testing.TB, r *registry.Registry) []string {
	t.Helper()
	var rows []string
	if _, err := r.Export(t.Context(), func() { rows = nil }, func(table string, line []byte) error {
		rows = append(rows, table+" "+string(line))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := r.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
	return rows
}

func same(t testing.TB, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("missing: %.300s", line)
		}
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("not in the backup: %.300s", line)
		}
	}
}
