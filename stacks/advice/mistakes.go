package advice

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/source"
	"github.com/ashlar-dev/ashlar/runtime/validate"
)

// Mistakes are expectations that validation itself would refuse, found before
// any data is read: loading knows the arguments, validation what they mean for
// a column's type.
func Mistakes(loaded blueprints.Loaded) blueprints.Problems {
	var out blueprints.Problems
	for _, name := range slices.Sorted(maps.Keys(loaded.Plan.Datasets)) {
		for _, err := range apart(validate.Check(loaded.Plan.Datasets[name])) {
			path := []string{"datasets", name, "expect"}
			var m *validate.MistakeError
			if !errors.As(err, &m) {
				continue
			}
			path = append(path, fmt.Sprint(m.Index))
			file, line, col := loaded.Positions.Of(path...)
			for _, what := range apart(m.Err) {
				out = append(out, blueprints.Problem{File: file, Line: line, Col: col, Path: strings.Join(path, "."),
					Message: fmt.Sprintf("%s: %v", m.Expectation, what), Code: source.WrongExpectation})
			}
		}
	}
	return out
}

// apart are the errors that were joined.
func apart(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // only what was joined last
		return joined.Unwrap()
	}
	return []error{err}
}
