package registry

import (
	"errors"
	"fmt"
	"strings"
)

// Why a decision was not taken; a *DecisionError unwraps to one of them.
var (
	ErrNobody      = errors.New("no valid name of who decides")
	ErrComment     = errors.New("comment too long")
	ErrRejected    = errors.New("rejected already")
	ErrApproved    = errors.New("approved already")
	ErrRepeated    = errors.New("approved by the same person already")
	ErrNotApprover = errors.New("not among the approvers")
	ErrAuthor      = errors.New("the author is not allowed to approve")
	ErrPolicy      = errors.New("a person must approve")
	ErrNotApproved = errors.New("not approved")
	ErrOtherFile   = errors.New("not the file that was registered")
)

// DecisionError says why somebody's decision, or a serving, was not taken.
type DecisionError struct {
	Model   string
	Version int
	Reason  string // a clause for people
	Cause   error  // one of the errors above
}

// Error names the version and the reason.
func (e *DecisionError) Error() string {
	return fmt.Sprintf("model %s version %d: %s", e.Model, e.Version, e.Reason)
}

// Unwrap returns the cause.
func (e *DecisionError) Unwrap() error { return e.Cause }

// RefusedError says why a candidate was not registered: every reason.
type RefusedError struct {
	Model   string
	Reasons []string
}

// Error lists the reasons, a line each.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("model %s is refused:\n  %s", e.Model, strings.Join(e.Reasons, "\n  "))
}

// NotFoundError names what is not registered, and what is.
type NotFoundError struct {
	Model   string
	Version int
	Have    []string
}

// Error says what exists instead.
func (e *NotFoundError) Error() string {
	have := "none is registered yet"
	if len(e.Have) > 0 {
		have = "there is " + strings.Join(e.Have, ", ")
	}
	if e.Version == 0 {
		return fmt.Sprintf("no model %q is registered; %s", e.Model, have)
	}
	return fmt.Sprintf("model %s has no version %d; %s", e.Model, e.Version, have)
}

// TamperedError says where the audit log, or a table that it accounts for, is
// not what the registry wrote.
type TamperedError struct {
	Seq    int64 // of the first entry that is wrong; 0: a table is
	Reason string
}

// Error names the entry.
func (e *TamperedError) Error() string {
	if e.Seq == 0 {
		return e.Reason
	}
	return fmt.Sprintf("entry %d: %s", e.Seq, e.Reason)
}
