// Package retain deletes what a stack keeps of a dataset for longer than the
// blueprint's retention says.
//
// What is kept of a dataset is as old as the reading of its rows by ingest. When
// that is due, everything goes that holds rows or values of them: the rows that
// ingest kept, the files that stages were given and what they made of them, the
// report of validate with its examples, what stages printed, and windows of what
// endpoints of the dataset's models were asked. What stays is what was learnt:
// models, their evaluation and the distributions that drift is measured against.
// Run records stay too; they hold no rows. Something that a younger run has made
// again stays with that run. The source is its owner's, and is only read.
//
// A sweep may be repeated and killed at any time: what is left is due still.
package retain

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// Config is what a sweep needs. All but Registry, Log and DryRun is required.
type Config struct {
	Plan     *plan.Plan
	Store    *store.Store
	Registry *registry.Registry // whose audit log has a line a deletion; nil: none
	Author   string             // who deletes, for the log
	Now      func() time.Time
	Log      *slog.Logger // nil: silent
	DryRun   bool         // say what is due, and delete nothing
}

// Deletion is one thing that was deleted, or is due.
type Deletion struct {
	Dataset string    `json:"dataset"`
	What    string    `json:"what"` // "object" or "reference"
	Name    string    `json:"name"` // a digest, or the reference's name
	Of      string    `json:"of"`   // the run, file or endpoint that it was kept for
	ReadAt  time.Time `json:"read_at,omitzero"`
	Bytes   int64     `json:"bytes,omitempty"`
}

// Sweep deletes what is due of every dataset with a retention, and returns it
// in the order in which it went. An error leaves the rest for the next sweep.
func Sweep(ctx context.Context, cfg Config) ([]Deletion, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &sweep{Config: cfg, retention: map[string]time.Duration{}, due: map[string]mark{}, alive: map[string]bool{}}
	for _, name := range slices.Sorted(maps.Keys(cfg.Plan.Datasets)) {
		text := cfg.Plan.Datasets[name].Retention
		if text == "" {
			continue
		}
		d, err := plan.ParseDuration(text)
		if err != nil {
			return nil, fmt.Errorf("dataset %s: retention: %w", name, err)
		}
		s.retention[name] = d
	}
	if len(s.retention) == 0 {
		return nil, nil
	}
	// The order matters: each part relies on what those before have found, and
	// nothing is deleted before everything was looked at.
	for _, part := range []func(context.Context) error{s.runs, s.files, s.parts, s.others, s.windows, s.delete} {
		if err := part(ctx); err != nil {
			return s.done, fmt.Errorf("retention: %w", err)
		}
	}
	return s.done, nil
}

// sweep is one under way.
type sweep struct {
	Config
	retention map[string]time.Duration
	due       map[string]mark // objects, by digest
	refs      []reference     // that are due
	alive     map[string]bool // digests that something which stays names
	done      []Deletion
}

// mark says of what and why something is due.
type mark struct {
	dataset, of string
	readAt      time.Time
}

// reference is a reference of the store that is due.
type reference struct {
	mark
	name string
}

// isDue reports whether data that were read then have been kept for too long.
func (s *sweep) isDue(dataset string, readAt time.Time) bool {
	d, ok := s.retention[dataset]
	return ok && !readAt.IsZero() && s.Now().Sub(readAt) >= d
}

// delete takes away what is due and nothing that stays names, references first:
// what they name is made again rather than missed.
// Objects go by Expire, which looks at their age again: one that a run has put
// since the sweep began is young and stays. Each deletion is noted at once, so that
// the log is right for as far as an interrupted sweep got.
func (s *sweep) delete(ctx context.Context) error {
	for _, r := range s.refs {
		_, err := s.Store.PeekRef(ctx, r.name)
		// Another sweep was faster and has noted it.
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil && !errors.Is(err, store.ErrDamaged) {
			return err
		}
		if !s.DryRun {
			if err := s.Store.DeleteRef(ctx, r.name); err != nil {
				return err
			}
		}
		if err := s.note(ctx, Deletion{Dataset: r.dataset, What: "reference", Name: r.name, Of: r.of,
			ReadAt: r.readAt}); err != nil {
			return err
		}
	}
	for _, digest := range slices.Sorted(maps.Keys(s.due)) {
		if s.alive[digest] {
			continue
		}
		m := s.due[digest]
		gone, size, err := s.Store.Expire(ctx, digest, s.retention[m.dataset], s.Now, s.DryRun)
		if err != nil {
			return err
		}
		if !gone {
			continue
		}
		if err := s.note(ctx, Deletion{Dataset: m.dataset, What: "object", Name: digest, Of: m.of, ReadAt: m.readAt,
			Bytes: size}); err != nil {
			return err
		}
	}
	return nil
}

// note tells of a deletion where it is told.
// A failure to write the audit log is an error even though the data is gone, since
// the next sweep finds nothing to note.
func (s *sweep) note(ctx context.Context, d Deletion) error {
	s.done = append(s.done, d)
	if s.DryRun {
		return nil
	}
	s.Log.Info("deleted for its retention", "dataset", d.Dataset, "what", d.What, "name", d.Name, "of", d.Of)
	if s.Registry == nil {
		return nil
	}
	details := map[string]any{d.What: d.Name, "of": d.Of}
	if !d.ReadAt.IsZero() {
		details["read_at"] = d.ReadAt.UTC().Format(time.RFC3339)
	}
	if err := s.Registry.RecordForgotten(ctx, s.Author, d.Dataset, details); err != nil {
		return errors.Join(fmt.Errorf("%s %s is deleted, and the audit log does not say so", d.What, d.Name), err)
	}
	return nil
}

// Summary says in a line what was deleted, or would be.
func Summary(gone []Deletion, dryRun bool) string {
	word := "deleted for their retention"
	if dryRun {
		word = "due for their retention"
	}
	objects, refs, bytes := 0, 0, int64(0)
	var datasets []string
	for _, d := range gone {
		if d.What == "object" {
			objects++
		} else {
			refs++
		}
		bytes += d.Bytes
		if !slices.Contains(datasets, d.Dataset) {
			datasets = append(datasets, d.Dataset)
		}
	}
	if len(gone) == 0 {
		return "nothing is " + word
	}
	slices.Sort(datasets)
	return fmt.Sprintf("%s: objects %d (%d bytes), references %d, of datasets %s", word, objects, bytes, refs,
		strings.Join(datasets, ", "))
}
