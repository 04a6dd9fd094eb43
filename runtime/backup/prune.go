package backup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/store"
)

// Pruned says what Prune deleted.
type Pruned struct {
	Backups []string `json:"backups"` // their IDs
	Objects int      `json:"objects"`
	Bytes   int64    `json:"bytes"`
}

// grace is how old an object must be before it can be pruned: a backup that is under way
// has put what no manifest names yet.
const grace = store.DefaultGrace

// Prune deletes all backups but the newest keep, and the objects that none of those
// needs. So what retention deletes is gone from the place after as many backups. A
// manifest that cannot be read ends it before anything is deleted.
func Prune(ctx context.Context, place *store.Store, keep int, now func() time.Time) (Pruned, error) {
	out := Pruned{Backups: []string{}}
	if keep < 1 {
		return out, fmt.Errorf("keep %d backups: at least one is kept", keep)
	}
	all, err := List(ctx, place)
	if err != nil {
		return out, err
	}
	named := map[sum]bool{}
	kept := all[max(0, len(all)-keep):]
	for _, b := range kept {
		if err := b.names(ctx, place, named); err != nil {
			return out, fmt.Errorf("backup %s: %w", b.ID, err)
		}
	}
	for _, b := range all[:len(all)-len(kept)] {
		if err := place.DeleteRef(ctx, prefix+b.ID); err != nil {
			return out, err
		}
		out.Backups = append(out.Backups, b.ID)
	}
	var going []store.Info
	err = place.WalkObjects(ctx, func(i store.Info) {
		if !named[sumOf(i.Name)] && now().Sub(i.Modified) >= grace {
			going = append(going, i)
		}
	})
	for _, i := range going {
		gone, size, err := place.Expire(ctx, i.Name, grace, now, false)
		if err != nil {
			return out, err
		}
		if gone {
			out.Objects++
			out.Bytes += size
		}
	}
	return out, err
}

// names notes every object that the manifest needs.
func (m *Manifest) names(ctx context.Context, place *store.Store, named map[sum]bool) error {
	var problems []error
	for _, s := range m.Streams {
		for _, part := range s.Parts {
			named[sumOf(part)] = true
		}
	}
	for _, name := range []string{referenceStream, objectStream} {
		problems = append(problems, m.entries(ctx, place, name, func(e entry) { named[sumOf(e.Digest)] = true }))
	}
	return errors.Join(problems...)
}
