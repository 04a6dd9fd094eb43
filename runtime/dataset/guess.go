package dataset

import (
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

const (
	// maxDistinct bounds the texts that a guess remembers.
	maxDistinct = 1000
	// maxValues bounds the values that a guessed category lists.
	maxValues = 50
)

// guess is what is known of one column's texts.
type guess struct {
	rows, missing int64
	distinct      map[string]bool // the first of them
	many          bool            // more than distinct holds
	nulls         map[string]bool // texts that may mean missing
	not           map[plan.ColumnType]bool
	typed         bool // has a value that may not mean missing
}

func newGuess() *guess {
	return &guess{distinct: map[string]bool{}, nulls: map[string]bool{}, not: map[plan.ColumnType]bool{}}
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

// observe adds a frame's column of texts.
func (g *guess) observe(c *Column) {
	g.rows += int64(len(c.Codes))
	for _, code := range c.Codes {
		if code < 0 {
			g.missing++
		}
	}
	used := make([]bool, len(c.Dict))
	for _, code := range c.Codes {
		if code >= 0 {
			used[code] = true
		}
	}
	for code, text := range c.Dict {
		if used[code] && !g.distinct[text] {
			g.see(text)
		}
	}
}

// see adds a text.
func (g *guess) see(text string) {
	if len(g.distinct) < maxDistinct {
		g.distinct[text] = true
	} else {
		g.many = true
	}
	if _, perhaps := mayMeanMissing(text); perhaps {
		g.nulls[text] = true
		return
	}
	g.typed = true
	b := []byte(strings.TrimSpace(text))
	for _, t := range []plan.ColumnType{plan.Integer, plan.Number, plan.Timestamp} {
		if !g.not[t] {
			_, ok := parseTyped(t, b)
			g.not[t] = !ok || t != plan.Timestamp && leadingZero(b)
		}
	}
	if lower := strings.ToLower(string(b)); lower != "true" && lower != "false" {
		g.not[plan.Boolean] = true
	}
}

// leadingZero reports whether digits look like an identifier: 007 is none of
// the numbers, a postcode perhaps.
func leadingZero(b []byte) bool { return len(b) > 1 && b[0] == '0' && b[1]-'0' <= 9 }

// parsed returns the one type that all values have, or "".
func (g *guess) parsed() plan.ColumnType {
	for _, t := range []plan.ColumnType{plan.Integer, plan.Number, plan.Boolean, plan.Timestamp} {
		if g.typed && !g.not[t] {
			return t
		}
	}
	return ""
}

// nullTexts returns the texts that mean missing in some column; a dataset has
// one list for all. The empty text always does.
func nullTexts(guesses map[string]*guess) map[string]bool {
	out := map[string]bool{"": true}
	for _, g := range guesses {
		for text := range g.nulls {
			if surely, _ := mayMeanMissing(text); surely || g.parsed() != "" {
				out[text] = true
			}
		}
	}
	return out
}

// column returns the guessed declaration.
func (g *guess) column(nulls map[string]bool) plan.Column {
	c := plan.Column{Type: g.parsed(), Nullable: g.missing > 0}
	var values []string
	for _, text := range slices.Sorted(maps.Keys(g.distinct)) {
		if nulls[text] {
			c.Nullable = true
		} else {
			values = append(values, text)
		}
	}
	for text := range g.nulls { // the remembered texts may lack it
		c.Nullable = c.Nullable || nulls[text]
	}
	if c.Type != "" {
		return c
	}
	c.Type = plan.Text
	if few := int64(len(values)); !g.many && few > 0 && few <= maxValues && (few <= 10 || few*2 <= g.rows) {
		c.Type, c.Values = plan.Category, values
	}
	return c
}
