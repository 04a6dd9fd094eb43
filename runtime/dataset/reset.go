package dataset

// reset gives a frame the columns of the targets, each with room for that many
// rows, whatever it held before. Values are not cleared.
//
// Values are not cleared because the parser writes every row of every column
// that it keeps. Dictionaries are not used again, since frames handed on
// earlier share their texts.
func (f *Frame) reset(targets []target, rows int) {
	f.Rows, f.Offset = 0, 0
	if len(f.Columns) != len(targets) {
		f.Columns = make([]Column, len(targets))
	}
	for i := range targets {
		t, c := &targets[i], &f.Columns[i]
		floats, codes := c.Floats, c.Codes
		*c = Column{Name: t.name, Type: t.plan.Type}
		if t.coded() {
			c.Codes = resize(codes, rows)
		} else {
			c.Floats = resize(floats, rows)
		}
	}
}

// resize returns a slice of that length, over s where it has the room.
//
// An eighth more than is asked for saves allocating again for the next,
// slightly larger chunk.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/8)
	}
	return s[:n]
}
