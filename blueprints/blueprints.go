// Package blueprints loads CUE blueprints and turns them into plans.
//
// Loading has five steps, each a file: the sources are read and parsed
// (source.go), evaluated against an open schema to get what the user wrote and
// nothing else (tree.go), overlaid with the environment, which replaces rather
// than unifies because a concrete 2 and a concrete 3 do not unify (overlay.go),
// unified with the closed schema (check.go) and lowered into plan values
// (lower.go), whose references are then checked (refs_*.go). Positions travel
// along, so that every problem, in an overlay too, names the user's own line.
//
// CUE stays behind this package: what leaves it is a plan.Plan.
package blueprints

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/plan/nearest"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// DefaultEnvironment is the environment that is loaded when none is named and
// the blueprint declares it, and the name of the only one where it declares none.
const DefaultEnvironment = "dev"

// Loader loads blueprints one after the other, compiling the schema once for
// many. It is not safe for concurrent use; the zero value is ready.
type Loader struct{ session *session }

// perSession is how many blueprints share a session before its memory is let go.
const perSession = 50

func (l *Loader) open(fsys fs.FS, dir string) (*blueprint, error) {
	files, err := parseFiles(fsys, dir)
	if err != nil {
		return nil, err
	}
	if l.session == nil || l.session.used >= perSession {
		if l.session, err = newSession(); err != nil {
			return nil, err
		}
	}
	l.session.used++
	return l.session.evaluate(files)
}

// LoadAll returns the plan of every environment, by name. Problems of all
// environments are returned together, as Problems. The overlay of previews is among
// them, so that it is checked with the others; nothing runs in it.
func (l *Loader) LoadAll(fsys fs.FS, dir string) (map[string]*plan.Plan, error) {
	b, err := l.open(fsys, dir)
	if err != nil {
		return nil, err
	}
	return b.plans()
}

// LoadDir returns the plans of a folder of the operating system, by environment:
// of every one, or of the named one only, each with where it was written. The
// map is nil with an error: whoever holds a Loaded holds a sound plan.
func (l *Loader) LoadDir(dir, only string) (map[string]Loaded, error) {
	b, err := l.openDir(dir)
	if err != nil {
		return nil, err
	}
	if only == "" {
		return b.all()
	}
	one, err := b.load(only)
	if err != nil {
		return nil, err
	}
	return map[string]Loaded{only: one}, nil
}

// LoadTwin is LoadDir of every environment for another revision of a blueprint. Where
// the same is written in an environment as in the twin's, the twin's plan itself is
// returned, without checking it again.
func (l *Loader) LoadTwin(dir string, twin map[string]Loaded) (map[string]Loaded, error) {
	b, err := l.openDir(dir)
	if err != nil {
		return nil, err
	}
	b.twin = twin
	return b.all()
}

func (l *Loader) openDir(dir string) (*blueprint, error) {
	if err := folder(dir); err != nil {
		return nil, err
	}
	return l.open(source.Below(dir), ".")
}

// Load reads the blueprint in dir of fsys for one environment. With an empty
// name that is "dev", or the first by name where dev is not declared. A
// blueprint that declares no environments has "dev" alone. The environment of a
// pull request, such as "pr-12", has the overlay "preview" unless it has its own.
//
// The error is Problems, holding all that was found, unless reading failed.
func Load(fsys fs.FS, dir, environment string) (*plan.Plan, error) {
	b, err := open(fsys, dir)
	if err != nil {
		return nil, err
	}
	return b.plan(environment)
}

// LoadDir is Load for a folder of the operating system.
func LoadDir(dir, environment string) (*plan.Plan, error) {
	if err := folder(dir); err != nil {
		return nil, err
	}
	return Load(source.Below(dir), ".", environment)
}

// Environments returns the names of the environments that the blueprint has,
// sorted, those of pull requests left out.
func Environments(fsys fs.FS, dir string) ([]string, error) {
	b, err := open(fsys, dir)
	if err != nil {
		return nil, err
	}
	return b.environments(), nil
}

// LoadAll is Loader.LoadAll for one blueprint.
func LoadAll(fsys fs.FS, dir string) (map[string]*plan.Plan, error) {
	var l Loader
	return l.LoadAll(fsys, dir)
}

// LoadAllDir is LoadAll for a folder of the operating system.
func LoadAllDir(dir string) (map[string]*plan.Plan, error) {
	if err := folder(dir); err != nil {
		return nil, err
	}
	return LoadAll(source.Below(dir), ".")
}

func folder(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("blueprint: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("blueprint: %s is a file; name the folder that holds the .cue files", dir)
	}
	return nil
}

// blueprint is what the user wrote, evaluated but not yet checked.
type blueprint struct {
	*session
	base     *node
	overlays map[string]*node
	file     string            // the first source, where a problem has no better place
	twin     map[string]Loaded // another revision, by environment; nil where there is none
}

func open(fsys fs.FS, dir string) (*blueprint, error) {
	var l Loader
	return l.open(fsys, dir)
}

func (b *blueprint) all() (map[string]Loaded, error) {
	out := map[string]Loaded{}
	var all Problems
	names := b.environments()
	if b.overlays[plan.PreviewOverlay] != nil {
		names = append(names, plan.PreviewOverlay)
	}
	for _, name := range names {
		one, err := b.loadOverlay(name)
		var found Problems
		switch {
		case errors.As(err, &found):
			all = append(all, found...)
		case err != nil:
			return nil, err
		default:
			out[name] = one
		}
	}
	if len(all) > 0 {
		return nil, all.Sorted()
	}
	return out, nil
}

func (b *blueprint) plans() (map[string]*plan.Plan, error) {
	all, err := b.all()
	if err != nil {
		return nil, err
	}
	plans := map[string]*plan.Plan{}
	for name, one := range all {
		plans[name] = one.Plan
	}
	return plans, nil
}

// environments are those that something can run in, previews aside.
func (b *blueprint) environments() []string {
	declared := slices.DeleteFunc(slices.Sorted(maps.Keys(b.overlays)),
		func(name string) bool { return name == plan.PreviewOverlay })
	if len(declared) == 0 {
		return []string{DefaultEnvironment}
	}
	return declared
}

func (b *blueprint) plan(environment string) (*plan.Plan, error) {
	one, err := b.load(environment)
	return one.Plan, err
}

func (b *blueprint) load(environment string) (Loaded, error) {
	names := b.environments()
	if environment == "" {
		environment = names[0]
		if slices.Contains(names, DefaultEnvironment) {
			environment = DefaultEnvironment
		}
	}
	if tree, ok, err := b.preview(environment); ok || err != nil {
		return b.read(environment, tree, err)
	}
	if !slices.Contains(names, environment) {
		return Loaded{}, Problems{{File: b.file, Path: "environments",
			Message: fmt.Sprintf("unknown environment %q; there are %s", environment, source.Known(environment, names)),
			Hint:    nearest.Hint(environment, names), Code: source.UnknownEnvironment}}
	}
	return b.read(environment, overlay(b.base, b.overlays[environment]), nil)
}

// read checks the tree of an environment and lowers it. err is of whoever made the
// tree, and is passed on.
func (b *blueprint) read(environment string, tree *node, err error) (Loaded, error) {
	if err != nil {
		return Loaded{}, err
	}
	if known, ok := b.twin[environment]; ok && tree.equal(known.Positions.tree) {
		return Loaded{Plan: known.Plan, Positions: Positions{tree: tree, file: b.file}}, nil
	}
	c, err := checkSchema(b, tree)
	if err != nil {
		return Loaded{}, err
	}
	p, err := c.plan(environment)
	if err != nil {
		return Loaded{}, err
	}
	return Loaded{Plan: p, Positions: Positions{tree: c.tree, file: b.file}}, nil
}
