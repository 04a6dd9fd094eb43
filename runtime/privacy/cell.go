package privacy

import (
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// Cell is what is done to one value of a request. A nil function leaves it as
// it is. The functions may be called by several goroutines at once.
type Cell struct {
	Text   func(string) string
	Number func(float64) float64
}

// NewCell returns what is done to values of an input: what was done to the
// column that it was learnt from, under the same key. The keys are asked for only
// where it is hashed.
//
// A protection that does not fit the type is an error here, when the server
// starts, so that no request is answered with a value that was meant to be
// hidden. An unknown key is an error too: under another key the model would see
// categories that it has never met.
func NewCell(anonymise string, t plan.ColumnType, keyID string, keys func() (*Keyring, error)) (Cell, error) {
	coded := t == plan.Category || t == plan.Text
	switch {
	case anonymise == "":
		return Cell{}, nil
	case anonymise == plan.Mask && coded:
		return Cell{Text: MaskText}, nil
	case anonymise == plan.Mask:
		mask, err := numberMask(t)
		return Cell{Number: mask}, err
	case anonymise != plan.Hash || !coded:
		return Cell{}, fmt.Errorf("a %s column cannot be anonymised as %q", t, anonymise)
	}
	ring, err := keys()
	if err != nil {
		return Cell{}, err
	}
	k, err := ring.Key(keyID)
	if err != nil {
		return Cell{}, err
	}
	return Cell{Text: k.Pseudonym}, nil
}
