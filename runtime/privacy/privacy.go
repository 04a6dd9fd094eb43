// Package privacy makes "anonymise: hash | mask | drop" of a blueprint true.
//
// It is applied where rows come in, and nowhere else: by the stage ingest to a
// dataset's rows, before any of them is kept or handed on, and by an endpoint's
// server to a request, before the row is scored, counted or observed. What comes
// later (other stages, models, drift windows, reports) never meets the values as
// they were.
//
//   - hash puts a pseudonym in the place of a text: HMAC-SHA-256 under a secret
//     key. Equal values have equal pseudonyms, in every column and dataset that is
//     hashed under the key, so they can still be grouped, joined and learnt from.
//     Whoever has no key cannot tell which value a pseudonym stands for.
//   - mask keeps the shape and hides the content: of a text each letter becomes x
//     and each digit 9; of a number the sign and the number of digits stay; of a
//     timestamp the year.
//   - drop takes the column out.
//
// A missing value stays missing. Masking what is masked changes nothing.
package privacy

import (
	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Guarded returns the dataset with every protected column marked sensitive, so
// that reports on the values as they are show none of them.
func Guarded(ds plan.Dataset) plan.Dataset {
	if !ds.Protects() {
		return ds
	}
	columns := make(map[string]plan.Column, len(ds.Columns))
	for name, c := range ds.Columns {
		c.Sensitive = c.Sensitive || c.Protection() != ""
		columns[name] = c
	}
	ds.Columns = columns
	return ds
}
