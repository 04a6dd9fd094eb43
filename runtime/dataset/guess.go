package dataset

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset/literal"
)

const (
	// maxDistinct bounds the texts that a guess remembers.
	maxDistinct = 1000
	// maxRemembered bounds the length of a text that a guess remembers.
	maxRemembered = 256
	// MaxValues bounds the values that a guessed category lists.
	MaxValues = 50
)

// guess is what is known of one column's texts.
type guess struct {
	nulls map[string]int64 // rows by text that may mean missing
	// ownNulls is set for formats with a null of their own, whose texts are values.
	ownNulls bool
	rows     int64
	missing  int64
	counts   map[string]int64 // rows by text that is no null, of the first texts
	many     bool             // there are more texts than counts holds
	not      map[plan.ColumnType]bool
	typed    bool // has a value that may not mean missing
	long     bool // has a run of digits that no float64 holds
	fraction bool // has a number with a point or an exponent
	people   literal.Handwritten
}

func newGuess(ownNulls bool) *guess {
	return &guess{ownNulls: ownNulls, counts: map[string]int64{}, nulls: map[string]int64{},
		not: map[plan.ColumnType]bool{}}
}

// mayMeanMissing reports whether a text often does: surely, or only among
// values of another type.
func mayMeanMissing(text string) (surely, perhaps bool) {
	switch text {
	case "", "NA", "N/A", "NaN", "nan", "NULL", "null":
		return true, true
	case "None", "none", "?", "-", ".", "n/a", "na":
		return false, true
	}
	return false, false
}

// nullText reports whether the text may mean missing in this column. In a
// format with nulls of its own only a float's NaN does.
func (g *guess) nullText(text string) bool {
	if g.ownNulls {
		return text == "NaN"
	}
	_, perhaps := mayMeanMissing(text)
	return perhaps
}

// observe adds a frame's column of texts.
//
// Each text of the dictionary is looked at once with its number of rows, not
// once a row. Texts that no row of this frame has are left out.
func (g *guess) observe(c *Column) {
	g.rows += int64(len(c.Codes))
	used := make([]int64, len(c.Dict))
	for _, code := range c.Codes {
		if code < 0 {
			g.missing++
		} else {
			used[code]++
		}
	}
	for code, text := range c.Dict {
		if used[code] > 0 {
			g.see(text, used[code])
		}
	}
}

// see adds a text that is in so many rows.
//
// Types are ruled out and never back in: what is left after all rows fits every
// value. A text that is counted already has been judged. Texts beyond
// maxDistinct are judged each time they come, and only not remembered.
func (g *guess) see(text string, rows int64) {
	if g.nullText(text) {
		g.nulls[text] += rows
		return
	}
	if n, known := g.counts[text]; known {
		g.counts[text] = n + rows
		return
	}
	if len(g.counts) < maxDistinct && len(text) <= maxRemembered {
		g.counts[strings.Clone(text)] = rows
	} else {
		g.many = true
	}
	g.typed = true
	b := []byte(strings.TrimSpace(text))
	for _, t := range []plan.ColumnType{plan.Integer, plan.Number, plan.Timestamp} {
		if !g.not[t] {
			_, ok := literal.Parse(t, b)
			// 007 is kept from being a number, as the zeros would be lost.
			g.not[t] = !ok || t != plan.Timestamp && leadingZero(b)
		}
	}
	if lower := strings.ToLower(string(b)); lower != "true" && lower != "false" {
		g.not[plan.Boolean] = true
	}
	g.long = g.long || !g.not[plan.Integer] && longDigits(b)
	if !g.not[plan.Number] {
		g.fraction = g.fraction || bytes.ContainsAny(b, ".eE")
	}
	g.people.See(string(b))
}

// leadingZero reports whether digits look like an identifier: 007 is none of
// the numbers, a postcode perhaps.
func leadingZero(b []byte) bool { return len(b) > 1 && b[0] == '0' && b[1]-'0' <= 9 }

// longDigits reports whether the text is a whole number beyond 2^53, which a
// float64 may round to its neighbour.
func longDigits(b []byte) bool {
	b = bytes.TrimLeft(b, "+-")
	for _, c := range b {
		if c-'0' > 9 {
			return false
		}
	}
	n, err := strconv.ParseUint(string(b), 10, 64)
	return len(b) > 0 && (err != nil || n > literal.MaxExact)
}

// parsed returns the one type that all values have, or "". Whole numbers of
// which some are too long to be told apart as float64 are identifiers.
//
// The order is that of the narrowest type first: 0 and 1 are integers rather
// than booleans.
func (g *guess) parsed() plan.ColumnType {
	for _, t := range []plan.ColumnType{plan.Integer, plan.Number, plan.Boolean, plan.Timestamp} {
		if g.typed && !g.not[t] && !(g.long && (t == plan.Integer || t == plan.Number && !g.fraction)) {
			return t
		}
	}
	return ""
}

// takes reports whether the column takes the text for missing. Where all other
// values have a type, whatever may mean missing does. Among texts the usual
// words do, but not NA among other pairs of capitals: it is Namibia's code.
func (g *guess) takes(text string) bool {
	surely, perhaps := mayMeanMissing(text)
	switch {
	case g.ownNulls:
		return g.parsed() == plan.Number || g.parsed() == plan.Integer || !g.typed
	case g.parsed() != "":
		return perhaps
	case text == "NA":
		return !g.codes()
	}
	return surely
}

// codes reports whether most values are pairs of capitals.
func (g *guess) codes() bool {
	pairs := 0
	for text := range g.counts {
		if len(text) == 2 && 'A' <= text[0] && text[0] <= 'Z' && 'A' <= text[1] && text[1] <= 'Z' {
			pairs++
		}
	}
	return pairs >= 2 && 2*pairs >= len(g.counts)
}

// column returns the guessed declaration, given the texts that mean missing in
// this column.
//
// A category is guessed of at most 50 values, and of more than ten only where
// each occurs twice on average: names and identifiers of a small table are
// texts.
func (g *guess) column(nulls map[string]bool) plan.Column {
	c := plan.Column{Type: g.parsed(), Nullable: g.missing > 0}
	values := slices.Collect(maps.Keys(g.counts))
	for text := range g.nulls {
		if nulls[text] || g.ownNulls && g.takes(text) {
			c.Nullable = true
		} else {
			values = append(values, text)
		}
	}
	if c.Type != "" {
		return c
	}
	if !g.typed && g.ownNulls && len(g.nulls) > 0 { // floats that are all NaN
		c.Type = plan.Number
		return c
	}
	c.Type = plan.Text
	if few := int64(len(values)); !g.many && few > 0 && few <= MaxValues && (few <= 10 || few*2 <= g.rows) {
		c.Type, c.Values = plan.Category, slices.Sorted(slices.Values(values))
	}
	return c
}

// written returns how the column is written, for one that is read as text.
func (g *guess) written(t plan.ColumnType) *literal.Written {
	if t != plan.Text && t != plan.Category {
		return nil
	}
	return g.people.Written()
}
