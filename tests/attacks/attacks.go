// Package attacks holds a table of what an attacker tried, a row each: what was
// tried, what must happen, and what happened. A topic has a file of its own, and
// runs its rows with Run, so that `go test -v` prints the table.
package attacks

import (
	"strings"
	"testing"
)

// Attack is a row. Try does it, and returns what happened in a few words, or an
// error where it could not be tried at all.
type Attack struct {
	Tried string
	Must  string // what must happen; what happened must begin with it
	Try   func(t *testing.T) (happened string, err error)
}

func (a Attack) holds(happened string) bool { return strings.HasPrefix(happened, a.Must) }

// Run runs the rows one after the other.
func Run(t *testing.T, rows []Attack) {
	t.Helper()
	for _, a := range rows {
		t.Run(strings.ReplaceAll(a.Tried, "/", "|"), func(t *testing.T) {
			happened, err := a.Try(t)
			switch {
			case err != nil:
				t.Errorf("tried:    %s\nmust:     %s\nhappened: it could not be tried: %v", a.Tried, a.Must, err)
			case !a.holds(happened):
				t.Errorf("tried:    %s\nmust:     %s\nhappened: %s", a.Tried, a.Must, happened)
			default:
				t.Logf("held: %s: %s", a.Tried, happened[:min(len(happened), 160)])
			}
		})
	}
}
