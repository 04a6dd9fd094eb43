package registry

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

const (
	maxName   = 128     // bytes of a model's name
	maxRecord = 1 << 20 // bytes of a candidate as canonical JSON
	// clockSkew is how far the trainer's clock may be ahead of the registry's.
	clockSkew = time.Minute
)

// record returns the candidate as canonical JSON, or every reason why it is
// refused.
// now is the change's time. Reasons are clauses about "it", the candidate, in a
// fixed order, since the log keeps them and tests compare them. Nothing here asks
// the database: a candidate is complete or not by itself.
func (c Candidate) record(now time.Time) (body []byte, reasons []string) {
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			reasons = append(reasons, fmt.Sprintf(format, args...))
		}
	}
	refuse(!validName(c.Model), "its name %q is not 1 to %d bytes of visible characters without / and :",
		shorten(c.Model), maxName)
	if _, err := Person(c.Author); err != nil {
		refuse(true, "it has no author: %v", err)
	}
	refuse(len(c.Metrics) == 0, "it has no metrics")
	for _, name := range slices.Sorted(maps.Keys(c.Metrics)) {
		refuse(!finite(c.Metrics[name]), "its metric %s is %g, not a number", name, c.Metrics[name])
	}
	refuse(c.TrainedAt.IsZero(), "it has no training date")
	refuse(c.TrainedAt.After(now.Add(clockSkew)), "its training date %s is in the future",
		c.TrainedAt.Format(time.RFC3339))
	refuse(strings.TrimSpace(c.Data.Source) == "", "its data source is not named")
	digests := [][2]string{{"model", c.ModelDigest}, {"plan", c.PlanDigest}, {"data", c.Data.Digest}}
	for _, name := range slices.Sorted(maps.Keys(c.Evidence)) {
		digests = append(digests, [2]string{"evidence " + name, c.Evidence[name]})
	}
	for _, d := range digests {
		refuse(!isDigest(d[1]), "its %s digest is %q, not sha256: and 64 hexadecimal digits", d[0], shorten(d[1]))
	}
	p := c.Approval.Policy
	refuse(p != "" && p != "auto" && p != "manual", "its approval policy is %q, neither auto nor manual", p)
	reasons = append(append(reasons, failedGates(c.Gates)...), c.Objections...)
	// NaN and infinities, refused above, have no JSON: Canonical would fail.
	if len(reasons) > 0 {
		return nil, reasons
	}
	body, err := plan.Canonical(c)
	refuse(err != nil, "it cannot be written down: %v", err)
	refuse(len(body) > maxRecord, "its record has %d bytes, at most %d", len(body), maxRecord)
	return body, reasons
}

// failedGates returns a reason for each gate that does not hold. A gate that says
// it passed must show a finite value: the candidate comes from the trainer, and
// a missing metric must not pass for a good one.
func failedGates(gates []Gate) []string {
	var out []string
	for _, g := range gates {
		switch {
		case g.Passed && (g.Value == nil || !finite(*g.Value)):
			out = append(out, fmt.Sprintf("gate %s is said to pass, but has no value", g.Name))
		case !g.Passed && g.Reason != "":
			out = append(out, g.Reason)
		case !g.Passed:
			out = append(out, "gate "+g.Name+" does not hold, must be "+g.Want)
		}
	}
	return out
}

var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

func isDigest(text string) bool { return digestForm.MatchString(text) }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// validName reports whether a name is usable for models and aliases. Slash, colon
// and surrounding space are excluded because model/version, model@alias and
// URLs are made of names; invisible characters because two names must not look
// the same.
func validName(name string) bool {
	return name != "" && len(name) <= maxName && utf8.ValidString(name) && strings.TrimSpace(name) == name &&
		!strings.ContainsFunc(name, func(c rune) bool { return c == '/' || c == ':' || !unicode.IsGraphic(c) })
}

// shorten cuts a text that came from outside to what a message can hold.
// The limit is 80 code points, for text that is in messages and in log entries
// about refused candidates, which have not been checked in any way.
func shorten(text string) string {
	const most = 80
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "..."
}
