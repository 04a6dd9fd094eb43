package model_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ashlar-dev/ashlar/runtime/model"
)

// counted gives a model what explanations need.
func counted(t *testing.T, name string) *model.Model {
	t.Helper()
	m := models(t)[name]
	if m.Linear != nil {
		m.Linear.Means = []float64{0, 1, 2, 3, 4, 5, 6}
		return m
	}
	for i := range m.Ensemble.Trees {
		tree := &m.Ensemble.Trees[i]
		for n := range tree.Feature {
			tree.Cover = append(tree.Cover, float64(len(tree.Feature)-n))
		}
	}
	return m
}

func TestCountsSurviveTheFile(t *testing.T) {
	for _, name := range []string{"forest multiclass", "boosting binary", "linear regression"} {
		m, plain := counted(t, name), encode(t, models(t)[name])
		raw := encode(t, m)
		back, err := model.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := cmp.Diff(m, back, cmpopts.IgnoreUnexported(model.Model{}), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if !bytes.Equal(raw, encode(t, back)) {
			t.Errorf("%s: encoding what was decoded gives other bytes", name)
		}
		for want, b := range map[uint32][]byte{1: plain, 2: raw} {
			if got := binary.LittleEndian.Uint32(b[8:]); got != want {
				t.Errorf("%s: format %d, want %d", name, got, want)
			}
		}
		// The array and the format belong together.
		refused(t, reversion(raw, 1), name+" in format 1")
		refused(t, reversion(plain, 2), name+" without counts in format 2")
		refused(t, reversion(raw, 3), name+" in format 3")
	}
}

func reversion(raw []byte, version uint32) []byte {
	out := bytes.Clone(raw)
	binary.LittleEndian.PutUint32(out[8:], version)
	return reseal(out, "", "")
}

func TestWrongCountsAreRefused(t *testing.T) {
	for want, spoil := range map[string]func(e *model.Ensemble){
		"either all trees": func(e *model.Ensemble) { e.Trees[3].Cover = nil },
		"covers of":        func(e *model.Ensemble) { e.Trees[3].Cover = e.Trees[3].Cover[1:] },
		"a cover of -1":    func(e *model.Ensemble) { e.Trees[3].Cover[0] = -1 },
		"a cover of NaN":   func(e *model.Ensemble) { e.Trees[3].Cover[0] = math.NaN() },
		"a cover of +Inf":  func(e *model.Ensemble) { e.Trees[3].Cover[0] = math.Inf(1) },
	} {
		m := counted(t, "boosting binary")
		spoil(m.Ensemble)
		if err := m.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	m := counted(t, "linear regression")
	m.Linear.Means = m.Linear.Means[1:]
	if err := m.Check(); err == nil || !strings.Contains(err.Error(), "6 means (finite) for 7") {
		t.Error(err)
	}
}

func TestARowIsEncodedAsAMatrixIs(t *testing.T) {
	m := models(t)["boosting multiclass"]
	f := frame(50, 9)
	x, err := m.Encoder.Apply(f)
	if err != nil {
		t.Fatal(err)
	}
	s := m.NewScorer()
	for row := range f.Rows {
		s.Reset()
		for i, field := range m.Encoder.Fields {
			switch c := f.Column(field.Name); {
			case c.Codes != nil && c.Codes[row] >= 0:
				s.SetText(i, c.Dict[c.Codes[row]])
			case c.Codes == nil:
				s.SetFloat(i, c.Floats[row])
			}
		}
		var want []float64
		for _, c := range x.Columns {
			want = append(want, c[row])
		}
		if d := cmp.Diff(want, s.Encoded(nil), cmpopts.EquateNaNs()); d != "" {
			t.Fatalf("row %d: %s", row, d)
		}
		margin := s.Margin(nil)
		most := slices.Max(margin)
		if got := s.Score(); margin[got.Label] != most {
			t.Fatalf("row %d: class %d, the margins are %v", row, got.Label, margin)
		}
	}
	if got := m.Encoder.Sources(); !slices.Equal(got, []int{0, 1, 2, 2, 2, 3, 4}) {
		t.Errorf("sources %v", got)
	}
}
