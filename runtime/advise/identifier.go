package advise

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

const (
	// manyIdentifiers is from how many values on a number called an identifier is
	// one, and no code of a few groups.
	manyIdentifiers = 50
	// longNumber is from where on whole numbers that never come twice are account
	// or telephone numbers rather than amounts.
	longNumber = 1e8
)

// identifies returns why the column names rows rather than says something of
// them, or "". Only numbers are looked at: texts are not learnt from, and
// categories have few values.
//
// The order of the cases is that of certainty: what the name says comes before
// what the values suggest. A column with one fraction in it is never an
// identifier, which ends the search early for measurements.
func identifies(c *dataset.Column) string {
	if !isNumber(c) {
		return ""
	}
	seen := make(map[float64]bool, c.Len())
	lowest, highest := math.Inf(1), math.Inf(-1)
	rows, steps := 0, 0
	for row, v := range c.Floats {
		if math.IsNaN(v) {
			continue
		}
		if v != math.Trunc(v) {
			return ""
		}
		rows++
		seen[v] = true
		lowest, highest = min(lowest, v), max(highest, v)
		// A step is a row whose number is one more than that of the row before.
		// A missing value before it is NaN and makes no step.
		if row > 0 && v == c.Floats[row-1]+1 {
			steps++
		}
	}
	unique := rows >= minRows && len(seen) == rows
	switch strength := Named(c.Name); {
	case strength == Surely && (unique || len(seen) > manyIdentifiers):
		return fmt.Sprintf("its name and %d different values make it an identifier", len(seen))
	case strength == Perhaps && unique:
		return "its name and its unique values suggest an identifier"
	// Either each row is one more than the last, or the values fill a range
	// without a hole in any order, as they do after a table was shuffled.
	case unique && !ofTime(c.Name) && (steps == rows-1 || highest-lowest+1 == float64(rows)):
		return "it counts the rows"
	case unique && lowest >= longNumber:
		return "its long numbers never come twice, as identifiers do"
	}
	return ""
}

// Strength is how surely a name is an identifier's.
type Strength int

// The strengths.
const (
	No Strength = iota
	Perhaps
	Surely
)

// Named returns how surely a column of that name holds identifiers.
func Named(column string) Strength {
	words := wordsOf(column)
	if len(words) == 0 {
		return Perhaps // the index that pandas writes
	}
	switch last := words[len(words)-1]; {
	case slices.Contains([]string{"id", "ids", "uuid", "guid", "pk", "rowid"}, last):
		return Surely
	case slices.Contains([]string{"key", "no", "nr", "number", "num", "index", "idx", "code"},
		last), words[0] == "unnamed":
		return Perhaps
	}
	return No
}

// ofTime reports whether a name speaks of time. A series of years or days
// counts up without a hole too, and is something to learn from.
func ofTime(column string) bool {
	return slices.ContainsFunc(wordsOf(column), func(w string) bool {
		return slices.Contains([]string{"year", "month", "week", "day", "date", "hour", "minute", "time", "step"}, w)
	})
}

// wordsOf splits customerId, CUSTOMER_ID and "Customer ID" into the same words.
//
// A word ends where a lower-case letter is followed by an upper-case one, so an
// acronym stays whole: "userID" is "user", "id".
func wordsOf(name string) []string {
	var out strings.Builder
	var before rune
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			out.WriteRune(' ')
		case unicode.IsUpper(r) && unicode.IsLower(before):
			out.WriteRune(' ')
			fallthrough
		default:
			out.WriteRune(unicode.ToLower(r))
		}
		before = r
	}
	return strings.Fields(out.String())
}
