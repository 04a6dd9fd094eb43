package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/store"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// shelf is a store's refs in memory.
type shelf map[string]string

func (s shelf) GetRef(_ context.Context, name string) ([]byte, error) {
	text, ok := s[name]
	if !ok {
		return nil, fmt.Errorf("reference %s: %w", name, store.ErrNotFound)
	}
	return []byte(text), nil
}

func (s shelf) PutRef(_ context.Context, name string, value []byte) error {
	s[name] = string(value)
	return nil
}

func (s shelf) ListRefs(_ context.Context, prefix string) ([]string, error) {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s)),
		func(n string) bool { return !strings.HasPrefix(n, prefix) }), nil
}

func (s shelf) DeleteRef(_ context.Context, name string) error {
	delete(s, name)
	return nil
}

func save(t *testing.T, refs Refs, runs ...Run) {
	t.Helper()
	for i := range runs {
		if err := Save(t.Context(), refs, &runs[i]); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRecordsAreKeptByUnitAndReadNewestFirst(t *testing.T) {
	s := shelf{}
	save(t, s, Run{Unit: "risk", ID: "1"}, Run{Unit: "risk", ID: "3"}, Run{Unit: "risk", ID: "2"},
		Run{Unit: "etl", ID: "9"})
	s["runs/risk/4"] = `{"id": "4", "sta`
	if !strings.Contains(s["runs/risk/1"], `"model":"risk"`) {
		t.Errorf("the record is %s", s["runs/risk/1"])
	}
	units, err := Units(t.Context(), s)
	if err != nil || !slices.Equal(units, []string{"etl", "risk"}) {
		t.Errorf("units %v (%v)", units, err)
	}
	for limit, want := range map[int]string{0: "", 2: "3 2", 9: "3 2 1"} {
		runs, err := List(t.Context(), s, "risk", limit)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, r := range runs {
			ids = append(ids, r.ID)
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("the newest %d: %q, want %q", limit, got, want)
		}
	}
	if r, err := Load(t.Context(), s, "etl", "9"); err != nil || r.Unit != "etl" {
		t.Errorf("%+v (%v)", r, err)
	}
	if _, err := Load(t.Context(), s, "etl", "8"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a run that there is not: %v", err)
	}
	if _, err := Load(t.Context(), s, "risk", "4"); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Errorf("a record that is not whole: %v", err)
	}
}

func TestOnlyRunsThatNobodyRunsAreMarkedInterrupted(t *testing.T) {
	for author, want := range map[string]string{"ada": "1 interrupted, 2 succeeded, 3 running",
		"": "1 interrupted, 2 succeeded, 3 interrupted"} {
		s := shelf{}
		save(t, s, Run{Unit: "m", ID: "1", Author: "ada", Status: Running},
			Run{Unit: "m", ID: "2", Author: "ada", Status: Succeeded},
			Run{Unit: "m", ID: "3", Author: "bob", Status: Running})
		if err := MarkInterrupted(t.Context(), s, "m", author, noon); err != nil {
			t.Fatal(err)
		}
		runs, err := List(t.Context(), s, "m", 9)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range slices.Backward(runs) {
			got = append(got, r.ID+" "+string(r.Status))
			if marked := r.Status == Interrupted; marked != r.FinishedAt.Equal(noon) || marked != (r.Error != "") {
				t.Errorf("run %s ended at %s with %q", r.ID, r.FinishedAt, r.Error)
			}
		}
		if text := strings.Join(got, ", "); text != want {
			t.Errorf("author %q: %s, want %s", author, text, want)
		}
	}
}
