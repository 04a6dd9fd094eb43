package main

import (
	"context"
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// removed is what `ashlar preview remove` says.
type removed struct {
	Preview int     `json:"preview"`
	Removed []trace `json:"removed"`
	Left    []trace `json:"left"`
}

// removePreview deletes what a preview has in each of the places and looks again. Of a
// place that fails the others are still cleared, and its traces are told as left.
func (a *app) removePreview(ctx context.Context, number int, places []previewPlace) error {
	out := removed{Preview: number, Removed: []trace{}, Left: []trace{}}
	var failed error
	for _, p := range places {
		before, err := p.find(ctx, number)
		if err != nil {
			return err
		}
		if err := p.remove(ctx, before); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			failed = err
			fmt.Fprintf(a.err, "ashlar: %v\n", err)
		}
		left, err := p.find(ctx, number)
		if err != nil {
			return err
		}
		out.Left = append(out.Left, left...)
		for _, t := range before {
			if !among(left, t) {
				out.Removed = append(out.Removed, t)
			}
		}
	}
	if err := a.sayRemoved(out); err != nil {
		return err
	}
	if len(out.Left) == 0 && failed == nil {
		return nil
	}
	const how = "ashlar: %s of %s left; end what uses it (`pulumi destroy` removes namespaces), and remove it again"
	fmt.Fprintf(a.err, how+"\n", counted(len(out.Left), "trace"), plan.PreviewEnvironment(number))
	return silent{errFindings}
}

// among reports whether a trace of that name is among them.
func among(all []trace, t trace) bool {
	for _, one := range all {
		if one.Kind == t.Kind && one.Name == t.Name {
			return true
		}
	}
	return false
}

func (a *app) sayRemoved(r removed) error {
	if a.json() {
		return a.writeJSON(r)
	}
	for _, t := range r.Removed {
		fmt.Fprintf(a.out, "removed %s\n", t)
	}
	for _, t := range r.Left {
		fmt.Fprintf(a.out, "left    %s\n", t)
	}
	if len(r.Left) == 0 {
		fmt.Fprintf(a.out, "nothing of %s is left\n", plan.PreviewEnvironment(r.Preview))
	}
	return nil
}
