package profile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/validate/moment"
	"github.com/ashlar-dev/ashlar/runtime/validate/spill"
)

const (
	// Limit is how many cells or texts a column's state holds. Tables of many
	// hundred columns have fewer a column, see LimitFor.
	Limit = 2048
	// sensitiveLimit and sensitiveShift are for columns whose values must not be
	// told: a cell is a sixteenth of the way from a power of two to the next.
	sensitiveLimit = 64
	sensitiveShift = 48
	leastLimit     = 64
	wideTable      = 1 << 20
	// maxText is how many bytes of a text are kept.
	maxText = 128
)

// LimitFor returns the limit of each column of a table of that many.
func LimitFor(columns int) int {
	return min(Limit, max(leastLimit, wideTable/max(columns, 1)))
}

// Sketch is the state of one column in the making, for one goroutine.
type Sketch struct {
	name    string
	spec    plan.Column
	limit   int
	count   int64
	missing int64

	// Of numbers.
	moments moment.Moments
	extremes
	cells cells

	// Of texts: nil once there are more than the limit, or where they must not
	// be told.
	texts map[string]int64

	// distinct is nil while cells or texts hold every value apart.
	distinct distinct

	perCode []int64
}

// NewSketch returns the sketch of an empty column.
//
// Of spec only the type and whether it is sensitive are kept. Sensitive columns
// begin with coarse cells and without texts, so that no value is ever in their
// state; their distinct values are estimated from the start.
func NewSketch(name string, spec plan.Column, limit int) *Sketch {
	s := &Sketch{name: name, spec: plan.Column{Type: spec.Type, Sensitive: spec.Sensitive},
		limit: limit, extremes: none()}
	s.cells.limit = limit
	if s.coded() {
		s.texts = map[string]int64{}
	}
	if spec.Sensitive {
		s.cells.limit, s.cells.shift = min(limit, sensitiveLimit), sensitiveShift
		s.texts, s.distinct = nil, newDistinct()
	}
	return s
}

func (s *Sketch) coded() bool { return s.spec.Type == plan.Category || s.spec.Type == plan.Text }

// See adds a column's rows.
//
// Infinite values count as values and go into the moments, but have no cell.
func (s *Sketch) See(c *dataset.Column) {
	if s.coded() {
		s.seeTexts(c)
		return
	}
	if c.Low != nil {
		s.moments.AddWide(c.Floats, c.Low)
	} else {
		s.moments.AddAll(c.Floats)
	}
	before := s.count
	for i, v := range c.Floats {
		if v != v {
			continue
		}
		s.count++
		if math.IsInf(v, 0) {
			continue
		}
		low := int16(0)
		if c.Low != nil {
			low = c.Low[i]
		}
		s.take(v, low)
		k := uint64(spill.NumberOf(v))
		if s.distinct != nil {
			s.distinct.add(mix(k))
		}
		s.cells.put(k>>s.cells.shift, 1)
		if s.cells.used > s.cells.limit {
			s.fit()
		}
	}
	s.missing += int64(len(c.Floats)) - (s.count - before)
}

// fit makes the cells fit, and begins to estimate the number of distinct values
// once cells no longer tell them apart.
func (s *Sketch) fit() {
	if s.cells.used > s.cells.limit && s.distinct == nil {
		s.estimate()
	}
	s.cells.fit()
}

// estimate begins the estimate with the numbers that are told apart so far.
//
// It must run before the cells are made coarser: only then does each hold one
// number. After it every number is added as it comes.
func (s *Sketch) estimate() {
	s.distinct = newDistinct()
	s.distinct.addCells(s.cells.list())
}

// seeTexts counts by code first, so that a text is hashed or looked up once a
// frame.
func (s *Sketch) seeTexts(c *dataset.Column) {
	if cap(s.perCode) < len(c.Dict) {
		s.perCode = make([]int64, len(c.Dict))
	}
	s.perCode = s.perCode[:len(c.Dict)]
	clear(s.perCode)
	for _, code := range c.Codes {
		if code < 0 {
			s.missing++
			continue
		}
		s.perCode[code]++
	}
	for code, n := range s.perCode {
		if n > 0 {
			s.count += n
			s.addText(keptText(c.Dict[code]), n)
		}
	}
}

// addText counts a text n times, or adds it to the estimate, for which n does
// not matter.
func (s *Sketch) addText(text string, n int64) {
	if s.texts == nil {
		s.distinct.add(hashText(text))
		return
	}
	if s.texts[text] += n; len(s.texts) > s.limit {
		s.overflow()
	}
}

// overflow gives up telling texts apart.
//
// Whether texts are told apart depends on their number alone and not on the
// order: the limit is crossed by the set.
func (s *Sketch) overflow() {
	s.distinct = newDistinct()
	for text := range s.texts {
		s.distinct.add(hashText(text))
	}
	s.texts = nil
}

// keptText is a text, or the beginning and a digest of a long one.
//
// 112 bits of the digest keep long texts apart that begin alike.
func keptText(text string) string {
	if len(text) <= maxText {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	end := maxText - 40
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "… sha256:" + hex.EncodeToString(sum[:14])
}

// Merge adds another's rows. Columns of other types do not go together.
//
// o is only read. The smaller of both limits holds for the result, which makes
// merging commutative and associative.
func (s *Sketch) Merge(o *Sketch) error {
	if s.spec.Type != o.spec.Type || s.spec.Sensitive != o.spec.Sensitive {
		return fmt.Errorf("a column of type %s does not merge with one of type %s", s.described(), o.described())
	}
	if s.count > math.MaxInt64-o.count || s.missing > math.MaxInt64-o.missing {
		return errors.New("too many rows")
	}
	s.limit = min(s.limit, o.limit)
	s.count += o.count
	s.missing += o.missing
	if s.coded() {
		s.mergeTexts(o)
		return nil
	}
	s.moments.Merge(&o.moments)
	s.extremes.join(o.extremes)
	// Cells that are not told apart by one side make the other side's count an
	// estimate too.
	if s.distinct == nil && o.distinct != nil {
		s.estimate()
	}
	switch {
	case o.distinct != nil:
		s.distinct.merge(o.distinct)
	case s.distinct != nil:
		s.distinct.addCells(o.cells.list())
	}
	s.cells.join(&o.cells)
	s.fit()
	return nil
}

// mergeTexts adds counted texts, or their registers where the other side has
// given up counting. The limit may have become smaller by the merge, so it is
// checked again at the end.
func (s *Sketch) mergeTexts(o *Sketch) {
	if o.texts != nil {
		for text, n := range o.texts {
			s.addText(text, n)
		}
	} else {
		if s.texts != nil {
			s.overflow()
		}
		s.distinct.merge(o.distinct)
	}
	if s.texts != nil && len(s.texts) > s.limit {
		s.overflow()
	}
}

func (s *Sketch) described() string {
	if s.spec.Sensitive {
		return string(s.spec.Type) + " (sensitive)"
	}
	return string(s.spec.Type)
}
