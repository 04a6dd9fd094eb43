package validate

import (
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// MistakeError is what is wrong with one expectation: Check joins one for each
// that is mistaken.
type MistakeError struct {
	Index       int // among the dataset's expectations
	Expectation plan.Expectation
	Err         error // every mistake in it, joined
}

// Error names the expectation and what is wrong, a mistake a line.
func (e *MistakeError) Error() string {
	return fmt.Sprintf("expect[%d] %s: %v", e.Index, e.Expectation, e.Err)
}

// Unwrap returns the mistakes.
func (e *MistakeError) Unwrap() error { return e.Err }
