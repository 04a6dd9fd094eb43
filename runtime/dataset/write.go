package dataset

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// WriteCSV writes the frame as CSV with a header and commas, values as
// Column.Value has them. Nothing is lost: read by AsWritten(f, ds), the file is
// the frame.
//
// A missing value is nothing between commas wherever that means missing by ds,
// else the column's first null text. An empty text that is a value is "" in
// quotes, and missing values of its column are then written as something else:
// the first null text, or one of NA, NULL and \N that no value uses.
func WriteCSV(w io.Writer, f *Frame, ds plan.Dataset) error {
	ds.Format = formatOf(ds)
	out := bufio.NewWriter(w)
	missing := make([]string, len(f.Columns))
	texts := make([][]string, len(f.Columns))
	truths := make([][2]string, len(f.Columns))
	var line []byte
	for i := range f.Columns {
		c := &f.Columns[i]
		missing[i] = quoteField(nullToken(c, ds), false)
		truths[i] = [2]string{unlike(ds.NullTexts(c.Name), "false", "0", "no", "f"),
			unlike(ds.NullTexts(c.Name), "true", "1", "yes", "t")}
		// Each text is quoted once and not once a row.
		for _, s := range c.Dict {
			texts[i] = append(texts[i], quoteField(s, true))
		}
		if i > 0 {
			line = append(line, ',')
		}
		line = append(line, quoteField(c.Name, c.Name == "")...)
	}
	_, err := out.Write(append(line, '\n'))
	for row := 0; row < f.Rows && err == nil; row++ {
		line = line[:0]
		for i := range f.Columns {
			if i > 0 {
				line = append(line, ',')
			}
			switch c := &f.Columns[i]; {
			case c.Missing(row):
				line = append(line, missing[i]...)
			case c.Coded():
				line = append(line, texts[i][c.Codes[row]]...)
			case c.Type == plan.Boolean:
				line = append(line, truths[i][int(c.Floats[row])]...)
			default:
				line = append(line, c.Value(row)...)
			}
		}
		if len(line) == 0 { // a blank line is no record
			line = append(line, `""`...)
		}
		_, err = out.Write(append(line, '\n'))
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// AsWritten returns the declaration by which a file that WriteCSV wrote reads
// back as the frame. Of a CSV dataset it says no more than ds does.
//
// ds itself is not changed: its Columns are replaced by a new map.
func AsWritten(f *Frame, ds plan.Dataset) plan.Dataset {
	ds.Format = formatOf(ds)
	out := ds
	out.Format, out.CSV.Delimiter, out.Columns = "csv", ",", map[string]plan.Column{}
	for i := range f.Columns {
		c := &f.Columns[i]
		d := ds.Columns[c.Name]
		d.Type = c.Type
		if d.NullValue = ds.NullTexts(c.Name); len(d.NullValue) == 0 {
			d.NullValue = []string{nullToken(c, ds)}
		}
		out.Columns[c.Name] = d
	}
	return out
}

// unlike returns the first of the words that does not mean missing.
func unlike(nulls []string, words ...string) string {
	for _, w := range words {
		if !slices.Contains(nulls, w) {
			return w
		}
	}
	return words[0] // then no file could have said it
}

// nullToken is what a missing value of the column is written as.
func nullToken(c *Column, ds plan.Dataset) string {
	return NullToken(ds.NullTexts(c.Name), func(s string) bool {
		at := slices.Index(c.Dict, s)
		return at >= 0 && slices.Contains(c.Codes, int32(at)) //nolint:gosec // an index into the dictionary
	})
}

// quoteField puts a field into quotes where it needs them: an empty text only
// where it is a value.
//
// Space at the ends is quoted, as some readers trim it; a byte order mark would
// be taken for the file's; and \. ends the data for PostgreSQL's COPY.
func quoteField(s string, value bool) string {
	if s == "" && !value {
		return ""
	}
	if s != "" && !strings.ContainsAny(s, "\",\r\n") && strings.TrimSpace(s) == s &&
		!strings.HasPrefix(s, "\ufeff") && s != `\.` {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}
