package main

import (
	"context"
	"fmt"

	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/stacks/review"
)

// planReviewed refuses plans that differ from those that were reviewed.
func (a *app) planReviewed(ctx context.Context, dirs []string, f planFlags) error {
	reviewed, err := review.ReadReviewed(f.reviewed)
	if err != nil {
		return fmt.Errorf("--reviewed: %w", err)
	}
	c := checker{only: f.environment, library: policies.Library{}, now: a.now()}
	found, err := c.all(ctx, dirs)
	if err != nil {
		return err
	}
	if len(found.problems) > 0 {
		return found.problems
	}
	refused := 0
	var same []checked
	for _, one := range found.checked {
		switch was, ok := reviewed[review.PlaceOf(one.Dir, one.Environment)]; {
		case !ok:
			fmt.Fprintf(a.err, "%s of %s was not reviewed: %s does not name it\n", one.Environment, one.Dir, f.reviewed)
			refused++
		case was != one.Digest:
			fmt.Fprintf(a.err, "%s of %s differs from the reviewed plan: it is %s, reviewed was %s\n",
				one.Environment, one.Dir, one.Digest, was)
			refused++
		default:
			same = append(same, one)
		}
	}
	if refused > 0 {
		fmt.Fprintf(a.err, "ashlar: %s refused; review the change as it is now\n", counted(refused, "plan"))
		return silent{errFindings}
	}
	if a.json() {
		return a.writeJSON(map[string]any{"ok": true, "environments": same})
	}
	for _, one := range same {
		fmt.Fprintf(a.out, "as reviewed: %s  plan %s\n", one.Environment, one.Digest)
	}
	return nil
}
