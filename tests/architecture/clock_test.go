package architecture

import (
	"fmt"
	"go/ast"
	"slices"
	"testing"
)

// givenClock are the folders whose code takes the time from a clock that it is given, so that what they record can be
// compared to the byte and tested without waiting.
var givenClock = []string{"runtime/pipeline", "runtime/run"}

func TestRecordsAreWrittenByAGivenClock(t *testing.T) {
	seen := 0
	for _, s := range project(t) {
		if s.test() || !slices.ContainsFunc(givenClock, func(folder string) bool { return under(s.pkg(), folder) }) {
			continue
		}
		seen++
		for _, at := range clockReads(s) {
			t.Error(at)
		}
	}
	if seen < 40 {
		t.Errorf("only %d files have a given clock; have the folders moved?", seen)
	}
}

func TestRecordsAreWrittenByAGivenClockBites(t *testing.T) {
	for text, wrong := range map[string]bool{
		`package x; import "time"; var t = time.Now()`:                      true,
		`package x; import "time"; var clock = time.Now`:                    true,
		`package x; import clock "time"; var d = clock.Since(clock.Time{})`: true,
		`package x; import "time"; var d = time.Until(time.Time{})`:         true,
		`package x; import "time"; var t = time.NewTicker(time.Second)`:     false, // it waits, and reads nothing
		`package x; var t = cfg.Now()`:                                      false,
	} {
		if got := clockReads(mustParse(t, "runtime/run/x.go", text)); (len(got) > 0) != wrong {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// clockReads are the places of the file that read this machine's clock.
func clockReads(s source) []string {
	clock := importName(s, "time")
	if clock == "" {
		return nil
	}
	var out []string
	ast.Inspect(s.file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok || !slices.Contains([]string{"Now", "Since", "Until"}, sel.Sel.Name) {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == clock {
			out = append(out, fmt.Sprintf("%s: time.%s; take the time from the clock that is given",
				s.fset.Position(sel.Pos()), sel.Sel.Name))
		}
		return true
	})
	return out
}
