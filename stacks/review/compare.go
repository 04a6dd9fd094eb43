// Package review compares blueprints with a revision in git and reports the impact
// of the change: what the comparison in templates/consequence says of the plans,
// the verdicts of policies on both sides, today's data against changed
// expectations, and the resources of both sides where the Pulumi program is
// installed. It reads; nothing is run or changed.
package review

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/stacks/revision"
	"github.com/ashlar-dev/ashlar/templates/consequence"
)

// Config says what to compare with, and what may be used for it.
type Config struct {
	Base        string // a revision in git
	Environment string // "": all
	SkipData    bool   // today's data are not validated against changed expectations
	Prices      consequence.Prices
	// Program is the path of ashlar-stack, which knows the resources of a plan. "":
	// resources are not compared, and NoProgram is the note that says so.
	Program, NoProgram string
	Stderr             io.Writer // of Program
	Now                func() time.Time
}

// ErrNoEnvironment is returned where neither side has Config.Environment.
var ErrNoEnvironment = errors.New("no such environment")

// Compare returns a report for each folder, in their order. All must be in one
// repository.
//
// The base's CUE is extracted to a temporary folder, so the working tree is never
// touched and may have changes that are not committed: those are the head.
func Compare(ctx context.Context, dirs []string, cfg Config) (_ []consequence.Report, err error) {
	r, err := revision.Open(ctx, dirs[0], cfg.Base)
	if err != nil {
		return nil, err
	}
	within := make([]string, len(dirs))
	for i, dir := range dirs {
		if within[i], err = r.Within(dir); err != nil {
			return nil, err
		}
	}
	old, err := os.MkdirTemp("", "ashlar-base-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(old)) }()
	// Only CUE is extracted: a blueprint is loaded without its data.
	blobs, err := r.CUE(ctx, within)
	if err != nil {
		return nil, err
	}
	if err := r.Extract(ctx, blobs, old); err != nil {
		return nil, err
	}
	c := comparison{Config: cfg, old: old, library: &policies.Library{}}
	if c.changed, err = r.Changed(ctx); err != nil {
		return nil, err
	}
	return c.all(ctx, dirs, within)
}

// comparison is what the comparisons of the folders share.
type comparison struct {
	Config
	old     string // folder of the revision's CUE
	changed []string
	library *policies.Library
}

// all loads the folders and compares them, a processor each at a time. The Pulumi
// program, which is one for all, records the resources of what is loaded meanwhile.
func (c *comparison) all(ctx context.Context, dirs, within []string) ([]consequence.Report, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // much is made that is soon forgotten
	all, out := make([]pair, len(dirs)), make([]consequence.Report, len(dirs))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &recorder{program: c.Program, stderr: c.Stderr}
	loaders := make(chan *blueprints.Loader, runtime.GOMAXPROCS(0))
	for range cap(loaders) {
		loaders <- &blueprints.Loader{}
	}
	err := each(ctx, len(dirs), func(i int) (err error) {
		loader := <-loaders
		defer func() { loaders <- loader }()
		if all[i], err = c.load(loader, dirs[i], within[i]); err != nil {
			return err
		}
		return c.record(ctx, r, fmt.Sprint(i), all[i])
	})
	if err != nil {
		cancel() // nobody waits for the resources
		r.abandon()
		return nil, err
	}
	unrecorded, err := r.end()
	if err != nil {
		return nil, err
	}
	if c.Program == "" && r.asked {
		unrecorded = c.NoProgram
	}
	err = each(ctx, len(dirs), func(i int) (err error) {
		out[i], err = c.one(ctx, &all[i])
		if unrecorded != "" {
			out[i].Notes = append(out[i].Notes, unrecorded)
		}
		return err
	})
	return out, err
}

// each calls f for every number below n, a processor each at a time. The error is
// the first one that was met; what had begun is waited for.
func each(ctx context.Context, n int, f func(i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		group.Go(func() error {
			defer crash.Guard()
			if err := ctx.Err(); err != nil {
				return err
			}
			return f(i)
		})
	}
	return group.Wait()
}

// one compares a folder in each environment that either side has, and merges what is
// the same in several. A plan that was added has nothing to compare resources with.
func (c *comparison) one(ctx context.Context, p *pair) (consequence.Report, error) {
	report := consequence.Report{Dir: filepath.ToSlash(p.dir), Notes: p.notes}
	before, after := p.before, p.after
	if c.Environment != "" && after[c.Environment] == nil && before[c.Environment] == nil {
		return report, fmt.Errorf("%w: %q is neither in %s nor in the folder", ErrNoEnvironment, c.Environment, c.Base)
	}
	changes := map[string][]consequence.Change{}
	// Every environment of either side, so that a removed one is reported.
	all := maps.Clone(before)
	maps.Copy(all, after)
	for _, env := range slices.Sorted(maps.Keys(all)) {
		if c.Environment != "" && c.Environment != env {
			continue
		}
		digest := consequence.Digest{Environment: env}
		was, is := before[env], after[env]
		digest.Base, digest.Head = digestOf(was), digestOf(is)
		report.Digests = append(report.Digests, digest)
		var moved map[string][]string
		if is != nil {
			report.Name = is.Plan.Name
			moved = c.moved(is.Plan, p.within)
		} else {
			report.Name = was.Plan.Name
		}
		if was == nil || is == nil || was.Resources == nil || is.Resources == nil {
			// rules about resources are compared where both sides have some
		} else if err := errors.Join(c.judgeResources(filepath.Join(c.old, filepath.FromSlash(p.within)), was),
			c.judgeResources(p.dir, is)); err != nil {
			return report, err
		}
		changes[env] = consequence.Comparer{Prices: c.Prices}.Compare(was.public(), is.public(), moved)
		// After the comparison, so that it is last among the dataset's changes.
		today, err := c.today(ctx, p.dir, was.public(), is.public())
		if err != nil {
			return report, err
		}
		changes[env] = append(changes[env], today...)
	}
	report.Changes = consequence.Merge(changes)
	return report, nil
}
