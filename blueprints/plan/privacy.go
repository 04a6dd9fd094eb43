package plan

// What becomes of a column's values at ingest, before anything is stored, shown
// or sent.
const (
	Hash = "hash" // a keyed pseudonym replaces each value
	Mask = "mask" // the shape stays, the content goes
	Drop = "drop" // the column goes no further
)

// Protection is what becomes of the column's values at ingest: Hash, Mask, Drop
// or "", as they are. A sensitive text is dropped unless the blueprint says
// otherwise: nothing is learnt from it.
func (c Column) Protection() string {
	if c.Anonymise == "" && c.Sensitive && c.Type == Text {
		return Drop
	}
	return c.Anonymise
}

// Protects reports whether a column is hashed, masked or dropped; with words,
// whether one is in one of these ways.
func (d Dataset) Protects(words ...string) bool {
	for _, c := range d.Columns {
		p := c.Protection()
		if p != "" && len(words) == 0 {
			return true
		}
		for _, w := range words {
			if p == w {
				return true
			}
		}
	}
	return false
}
