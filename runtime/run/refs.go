package run

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Refs is the part of a store that records are kept in: small values by their names. What is not there is an error that
// is store.ErrNotFound.
type Refs interface {
	GetRef(ctx context.Context, name string) ([]byte, error)
	PutRef(ctx context.Context, name string, value []byte) error
	ListRefs(ctx context.Context, prefix string) ([]string, error) // sorted
	DeleteRef(ctx context.Context, name string) error
}

const (
	runsPrefix    = "runs/"
	interruptible = 50 // how many of a unit's newest runs MarkInterrupted looks at
)

func ref(unit, id string) string { return runsPrefix + unit + "/" + id }

// Save keeps the record in the place of the one that the run had.
func Save(ctx context.Context, refs Refs, r *Run) error {
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("run %s: %w", r.ID, err)
	}
	return refs.PutRef(ctx, ref(r.Unit, r.ID), b)
}

// Load returns the record of the unit's run with the ID. It is store.ErrNotFound where there is none.
func Load(ctx context.Context, refs Refs, unit, id string) (*Run, error) {
	b, err := refs.GetRef(ctx, ref(unit, id))
	if err != nil {
		return nil, err
	}
	var r Run
	if err := plan.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("record of %s: %w", id, err)
	}
	return &r, nil
}

// List returns the unit's recorded runs, newest first, at most limit of them. A record that cannot be read is left out:
// it was never whole.
func List(ctx context.Context, refs Refs, unit string, limit int) ([]Run, error) {
	names, err := refs.ListRefs(ctx, ref(unit, ""))
	if err != nil {
		return nil, fmt.Errorf("runs of %s: %w", unit, err)
	}
	var out []Run
	for _, name := range slices.Backward(names) {
		if len(out) >= limit {
			break
		}
		if r, err := Load(ctx, refs, unit, strings.TrimPrefix(name, ref(unit, ""))); err == nil {
			out = append(out, *r)
		}
	}
	return out, nil
}

// Units returns the units that have recorded runs, sorted.
func Units(ctx context.Context, refs Refs) ([]string, error) {
	names, err := refs.ListRefs(ctx, runsPrefix)
	if err != nil {
		return nil, fmt.Errorf("runs: %w", err)
	}
	var out []string
	for _, name := range names {
		unit, _, ok := strings.Cut(strings.TrimPrefix(name, runsPrefix), "/")
		if ok && !slices.Contains(out, unit) {
			out = append(out, unit)
		}
	}
	slices.Sort(out)
	return out, nil
}

// MarkInterrupted ends the records of runs whose process died: of the author's runs, or of all where that is empty.
// Call it where no such run can be under way.
func MarkInterrupted(ctx context.Context, refs Refs, unit, author string, now time.Time) error {
	runs, err := List(ctx, refs, unit, interruptible)
	if err != nil {
		return err
	}
	for i := range runs {
		r := &runs[i]
		if r.Status != Running || author != "" && r.Author != author {
			continue
		}
		r.Status, r.FinishedAt = Interrupted, now.UTC()
		r.Error = "the process ended before the run did; the next run continues from the last finished stage"
		if err := Save(ctx, refs, r); err != nil {
			return err
		}
	}
	return nil
}
