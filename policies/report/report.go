// Package report writes findings for those who read them: people at a terminal,
// code scanning (SARIF 2.1.0) and the lines of a pull request (GitHub's workflow
// commands).
package report

import (
	"cmp"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/policies"
)

// Merge puts findings that say the same in several environments together, and
// orders them by place: file, line, rule.
// An exempt finding and one that is not stay apart, also where they say the same.
func Merge(findings []policies.Finding) []policies.Finding {
	type key struct {
		policy, file, message, path string
		line, col                   int
		exempt, undecided           bool
	}
	at := map[key]int{}
	var out []policies.Finding
	for _, f := range findings {
		k := key{f.Policy, f.File, f.Message, f.Path, f.Line, f.Col, f.Exempt != nil, f.Undecided}
		i, seen := at[k]
		if !seen {
			at[k] = len(out)
			f.Environments = slices.Clone(f.Environments)
			out = append(out, f)
			continue
		}
		for _, e := range f.Environments {
			if !slices.Contains(out[i].Environments, e) {
				out[i].Environments = append(out[i].Environments, e)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b policies.Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col),
			cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.Message, b.Message))
	})
	return out
}

// location is a file as code scanning knows it: relative, with slashes.
func location(file string) string {
	return strings.TrimPrefix(path.Clean(filepath.ToSlash(file)), "./")
}

// Counts are how many findings there are of each sort.
type Counts struct{ Mandatory, Advisory, Exempt, Undecided int }

// Count counts findings; remediate counts as mandatory.
func Count(findings []policies.Finding) Counts {
	var c Counts
	for _, f := range findings {
		switch {
		case f.Exempt != nil:
			c.Exempt++
		case f.Undecided:
			c.Undecided++
		case f.Level.Refuses():
			c.Mandatory++
		default:
			c.Advisory++
		}
	}
	return c
}
