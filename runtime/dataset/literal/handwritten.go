package literal

import "regexp"

// The ways in which people and spreadsheets write what a machine does not read.
const (
	thousands    = "thousands separators"
	decimalComma = "decimal commas"
	signs        = "currency or percent signs"
	dayFirst     = "dates that do not begin with the year"
)

// Handwritten tells whether all values of a column are numbers or dates as people
// write them, and how.
type Handwritten struct {
	no      bool   // some value is neither
	dates   int    // values that are dates
	numbers int    // values that are plain numbers
	how     string // thousands, decimalComma, signs or dayFirst
	example string // the first that is not plain
}

var (
	groupedNumber = regexp.MustCompile(`^[-+(]?\d{1,3}(?:[,'’ \x{a0}\x{202f}]\d{3})+(?:\.\d+)?\)?$`)
	commaNumber   = regexp.MustCompile(`^[-+(]?(?:\d+|\d{1,3}(?:[. \x{a0}\x{202f}]\d{3})+),\d+\)?$`)
	withSign      = regexp.MustCompile(`^([-+(]?)\s?(?:[$€£¥₹]|USD|EUR|GBP|CHF)?\s?([-+]?\d[^A-Za-z$€£¥₹%]*?)\s?(?:[$€£¥₹%]|USD|EUR|GBP|CHF)?(\)?)$`)
	peopleDate    = regexp.MustCompile(`^\d{1,2}[./-]\d{1,2}[./-](?:\d{2}|\d{4})(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?$`)
)

// See adds a value.
//
// One value that is neither number nor date settles the column for good, so
// ordinary texts cost one look. Dates mixed with numbers do too.
func (p *Handwritten) See(text string) {
	if p.no {
		return
	}
	how := writing(text)
	switch how {
	case "plain":
		p.numbers++
		return
	case "":
		p.no = true
		return
	case dayFirst:
		p.dates++
	}
	if p.example == "" {
		p.example = text
	}
	// 1,234 may be either, 0,14 and 1.234,5 may not.
	if p.how == "" || how == decimalComma || how == signs && p.how == thousands {
		p.how = how
	}
	p.no = p.dates > 0 && (p.how != dayFirst || p.numbers > 0)
}

// writing returns how the text is written, "plain" for a number that is one,
// or "" for a text that is neither number nor date.
//
// The length is bounded first, as regular expressions are slow on long texts.
// It calls itself on what is left without the sign, which is shorter.
func writing(text string) string {
	if len(text) > 40 {
		return ""
	}
	if _, ok := ParseNumber([]byte(text)); ok {
		return "plain"
	}
	switch {
	case groupedNumber.MatchString(text):
		return thousands
	case commaNumber.MatchString(text):
		return decimalComma
	case peopleDate.MatchString(text):
		return dayFirst
	}
	m := withSign.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	if m[1] == "(" && writing(m[2]) == "plain" { // as accountants write what is owed
		return signs
	}
	bare := m[1] + m[2] + m[3]
	if bare == text {
		return ""
	}
	if how := writing(bare); how != "plain" && how != dayFirst {
		return how
	}
	return signs
}

// Written is a column whose values are all numbers or dates, but written for
// people: it reads as text until the file is written otherwise.
type Written struct {
	How     string // such as "decimal commas"
	Example string
}

// Written returns how the values are written, or nil where some are neither
// number nor date, or none is written for people.
func (p *Handwritten) Written() *Written {
	if p.no || p.how == "" {
		return nil
	}
	return &Written{How: p.how, Example: p.example}
}

// Fix says how to write the values instead.
func (w Written) Fix() string {
	switch w.How {
	case decimalComma:
		return `write a decimal point and no thousands separators (pandas: read_csv(..., decimal=",", thousands="."))`
	case thousands:
		return `write them without separators (pandas: read_csv(..., thousands=","))`
	case signs:
		return "write the number alone, and what it is counted in as the column's unit"
	}
	return "write them as YYYY-MM-DD (pandas: to_datetime(..., dayfirst=True))"
}
