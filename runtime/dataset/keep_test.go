package dataset_test

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
)

func keptFrame() *dataset.Frame {
	return &dataset.Frame{Rows: 4, Columns: []dataset.Column{
		{Name: "n", Type: plan.Number, Floats: []float64{0.1, math.NaN(), math.Copysign(0, -1), math.Inf(1)}},
		{Name: "when", Type: plan.Timestamp, Floats: []float64{1.5, -3, math.NaN(), 1e10}},
		{Name: "k", Type: plan.Category, Codes: []int32{1, -1, 0, 1}, Dict: []string{"", "é, \"x\"\n"}},
		{Name: "t", Type: plan.Text, Codes: []int32{-1, -1, -1, -1}},
		{Name: "b", Type: plan.Boolean, Floats: []float64{1, 0, math.NaN(), 1}},
		{Name: "i", Type: plan.Integer, Floats: []float64{1 << 53, -1, 0, 7}},
		{Name: "id", Type: plan.Integer, Floats: []float64{1 << 60, 1, math.NaN(), -(1 << 62)},
			Low: []int16{-3, 0, 0, 1023}},
	}}
}

func TestAKeptFrameReadsBackExactly(t *testing.T) {
	for name, f := range map[string]*dataset.Frame{"full": keptFrame(), "empty": {},
		"no rows": {Columns: []dataset.Column{{Name: "x", Type: plan.Number}}}} {
		var b, again bytes.Buffer
		if err := f.Encode(&b); err != nil {
			t.Fatal(name, err)
		}
		got, err := dataset.DecodeFrame(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(name, err)
		}
		if diff := cmp.Diff(f, got, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		if err := got.Encode(&again); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Errorf("%s: equal frames have other bytes: %v", name, err)
		}
	}
}

// A column that could hold values elsewhere would lose them when it is kept.
func TestEveryFieldOfAColumnIsKept(t *testing.T) {
	var fields []string
	for f := range reflect.TypeFor[dataset.Column]().NumField() {
		fields = append(fields, reflect.TypeFor[dataset.Column]().Field(f).Name)
	}
	if want := []string{"Name", "Type", "Floats", "Low", "Codes", "Dict"}; !cmp.Equal(want, fields) {
		t.Errorf("Column has the fields %v; Encode and DecodeFrame know %v", fields, want)
	}
}

func TestADamagedKeptFrameIsAnError(t *testing.T) {
	var b bytes.Buffer
	if err := keptFrame().Encode(&b); err != nil {
		t.Fatal(err)
	}
	for n := range b.Len() {
		if _, err := dataset.DecodeFrame(bytes.NewReader(b.Bytes()[:n])); err == nil {
			t.Fatalf("cut to %d of %d bytes it is still read", n, b.Len())
		}
	}
	for name, text := range map[string]string{
		"something behind": b.String() + "x",
		"another file":     "a,b\n1,2\n3,4\n5,6\n",
		"a hostile length": "ASHLARF\n\x34\x00\x00\x00" +
			`{"format":1,"rows":9999999999,"columns":[{"name":"x","type":"number"}]}`,
		"a code without a text": strings.Replace(b.String(), "\x01\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00",
			"\x09\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00", 1),
	} {
		if _, err := dataset.DecodeFrame(strings.NewReader(text)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

func FuzzDecodeFrame(f *testing.F) {
	var b bytes.Buffer
	if err := keptFrame().Encode(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("ASHLARF\n\x02\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := dataset.DecodeFrame(bytes.NewReader(data))
		if err != nil {
			return
		}
		if err := got.Check(); err != nil {
			t.Fatal(err)
		}
		if err := got.Encode(&bytes.Buffer{}); err != nil {
			t.Fatal(err)
		}
	})
}
