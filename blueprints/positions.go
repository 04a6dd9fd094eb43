package blueprints

import (
	"cuelang.org/go/cue/token"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Loaded is a sound plan with where its values were written. Loading returns
// none beside an error.
type Loaded struct {
	Plan      *plan.Plan
	Positions Positions
}

// Positions say where the values of a plan are in the blueprint, overlays
// included. They stay beside the plan, so that reformatting a blueprint never
// changes its digest.
type Positions struct {
	tree *node
	file string
}

// Of returns the place of the value at a path of the plan, such as
// "endpoints", "scoring", "replicas", "min", or of the deepest part of it that
// the user wrote. Line and column count from 1 and are 0 where nothing of it
// was written.
func (p Positions) Of(path ...string) (file string, line, col int) {
	if p.tree == nil {
		return p.file, 0, 0
	}
	pos := p.tree.placeOf(path)
	if !pos.IsValid() {
		return p.file, 0, 0
	}
	return pos.Filename(), pos.Line(), pos.Column()
}

// folded are the parts of a plan's path that a blueprint does not spell out.
var folded = map[string]bool{"metrics": true, "kwargs": true}

// placeOf is the position of the deepest part of the path that is in the tree.
func (n *node) placeOf(path []string) token.Pos {
	pos := n.pos
	for _, name := range path {
		next := n.child(name)
		if next == nil && folded[name] {
			continue
		}
		if next == nil {
			break
		}
		n, pos = next, next.pos
	}
	return pos
}
