package store

import (
	"errors"
	"fmt"
)

// ErrNotFound is what a missing object or reference unwraps to.
var ErrNotFound = errors.New("not found")

// ErrDamaged is what a *DamagedError unwraps to.
var ErrDamaged = errors.New("damaged")

// DamagedError says that stored bytes are not those that were written.
type DamagedError struct {
	Digest string // of what was written; empty for a reference
	Ref    string // the reference's name; empty for an object
	Found  string // the digest of the bytes that are there
	File   string // where they are
}

// Error names the object, where it is and what to do.
// The advice is safe for what stages make: they make it again from the data and the
// plan.
func (e *DamagedError) Error() string {
	what := "object " + e.Digest
	if e.Ref != "" {
		what = "reference " + e.Ref
	}
	return fmt.Sprintf("%s is damaged: its bytes have the digest %s; delete %s, and the stage that made it recreates it on the next run", what, e.Found, e.File)
}

// Unwrap returns ErrDamaged.
func (e *DamagedError) Unwrap() error { return ErrDamaged }
