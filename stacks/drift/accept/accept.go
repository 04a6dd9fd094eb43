// Package accept writes values that somebody has set in a cluster back into the
// blueprints that decide them, for a pull request in which people say whether they were
// right.
//
// A finding is offered only if the edited blueprint then means exactly what was found: it
// loads, every other field of the environment and every other environment have the same
// plan, and the pods get the value. Whatever cannot be so, a value that an expression
// gives, half of a pair, a number that the schema refuses, stays a finding. Findings of the
// class security are never offered: a change of who may do what is written by somebody who
// answers for it.
package accept

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/stacks/drift"
)

// Result is what could be written and what could not.
type Result struct {
	Offers []drift.Offer
	Rest   []drift.Finding // those that no offer is about
	Notes  []string        // why findings that have a field in a blueprint are no offers
	Files  []File          // that change
}

// File is a file of a blueprint before and after.
type File struct {
	Dir, Name     string
	Before, After []byte
}

// Write returns what the blueprints in the folders would be with the values that were
// found. It writes no file. A blueprint that does not load is an error.
func Write(dirs []string, findings []drift.Finding) (Result, error) {
	folders, err := read(dirs)
	if err != nil {
		return Result{}, err
	}
	w := &writer{kept: map[drift.Origin]bool{}}
	for _, where := range places(findings) {
		dir := folders[where.Blueprint]
		switch {
		case len(dir) == 0:
			w.note("no blueprint %s is in %s", where.Blueprint, strings.Join(dirs, ", "))
			continue
		case len(dir) > 1:
			w.note("blueprint %s is in %s", where.Blueprint, strings.Join(dir, " and in "))
			continue
		}
		if err := w.blueprint(dir[0], where, wanted(findings, where, w.note)); err != nil {
			return Result{}, err
		}
	}
	for _, f := range findings {
		if !w.kept[f.Origin] || f.Class == drift.Security {
			w.result.Rest = append(w.result.Rest, f)
		}
	}
	drift.SortOffers(w.result.Offers)
	return w.result, nil
}

// read returns the folders by the name of the blueprint in them.
func read(dirs []string) (map[string][]string, error) {
	out := map[string][]string{}
	var loader blueprints.Loader
	var problems []error
	for _, dir := range dirs {
		all, err := loader.LoadDir(dir, "")
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", dir, err))
			continue
		}
		for _, one := range all {
			out[one.Plan.Name] = append(out[one.Plan.Name], filepath.Clean(dir))
			break // the name is the same in all
		}
	}
	return out, errors.Join(problems...)
}

// places are the blueprints and environments that findings come from, without fields.
func places(findings []drift.Finding) []drift.Origin {
	seen := map[drift.Origin]bool{}
	for _, f := range findings {
		if f.Origin.Field != "" && f.Class != drift.Security {
			seen[drift.Origin{Blueprint: f.Origin.Blueprint, Environment: f.Origin.Environment}] = true
		}
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b drift.Origin) int {
		return strings.Compare(a.Blueprint+" "+a.Environment, b.Blueprint+" "+b.Environment)
	})
}

// writer collects the result.
type writer struct {
	result Result
	kept   map[drift.Origin]bool
}

func (w *writer) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(w.result.Notes, text) {
		w.result.Notes = append(w.result.Notes, text)
	}
}

// blueprint writes the values into one blueprint: all of them, or, where that does not
// mean what it should, those of each part that do. The parts are such as replicas: a new
// minimum may need the new maximum.
func (w *writer) blueprint(dir string, where drift.Origin, all []want) error {
	d, err := open(dir, where.Environment)
	if err != nil || len(all) == 0 {
		return err
	}
	if err := d.write(all); err != nil {
		parts := map[string][]want{}
		for _, one := range all {
			part := one.origin.Field[:strings.LastIndexByte(one.origin.Field, '.')]
			parts[part] = append(parts[part], one)
		}
		all = nil
		for _, part := range slices.Sorted(maps.Keys(parts)) {
			if err := d.write(parts[part]); err != nil {
				w.note("%s of blueprint %s in %s stays as it is: %v", part, where.Blueprint, where.Environment, err)
				continue
			}
			all = append(all, parts[part]...)
		}
	}
	for _, one := range all {
		w.kept[one.origin] = true
		w.result.Offers = append(w.result.Offers, drift.Offer{Origin: one.origin, Value: one.value.String(),
			File: one.file, Findings: one.findings})
	}
	w.result.Files = append(w.result.Files, d.changed()...)
	return nil
}
