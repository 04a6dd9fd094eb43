package dataset

import (
	"encoding/csv"
	"fmt"
	"io"
)

// WriteCSV writes the frame as CSV with a header, values as Column.Value has
// them and a missing one as nothing between commas.
func WriteCSV(w io.Writer, f *Frame) error {
	out := csv.NewWriter(w)
	line := make([]string, len(f.Columns))
	for i := range f.Columns {
		line[i] = f.Columns[i].Name
	}
	err := out.Write(line)
	for row := 0; row < f.Rows && err == nil; row++ {
		for i := range f.Columns {
			line[i] = f.Columns[i].Value(row)
		}
		err = out.Write(line)
	}
	out.Flush()
	if err == nil {
		err = out.Error()
	}
	if err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}
