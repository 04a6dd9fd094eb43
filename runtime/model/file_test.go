package model_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

func encode(t testing.TB, m *model.Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := m.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAModelSurvivesItsFile(t *testing.T) {
	f := frame(200, 4)
	for name, m := range models(t) {
		m = withMetrics(m, map[string]float64{"roc_auc": 0.84})
		raw := encode(t, m)
		back, err := model.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := cmp.Diff(m, back, cmpopts.IgnoreUnexported(model.Model{}), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if again := encode(t, back); !bytes.Equal(raw, again) {
			t.Errorf("%s: encoding what was decoded gives other bytes", name)
		}
		want, _ := m.Predict(f)
		got, err := back.Predict(f)
		if err != nil || fmt.Sprint(want) != fmt.Sprint(got) {
			t.Errorf("%s: other predictions after decoding (%v)", name, err)
		}
		if d, err := m.Digest(); err != nil || d != plan.DigestBytes(raw) {
			t.Errorf("%s: digest %s (%v), the file's is %s", name, d, err, plan.DigestBytes(raw))
		}
	}
}

func TestAnyChangedByteOrCutIsNoticed(t *testing.T) {
	raw := encode(t, models(t)["boosting regression"])
	for i := range raw {
		for _, flip := range []byte{1, 0x80, 0xff} {
			bad := bytes.Clone(raw)
			bad[i] ^= flip
			refused(t, bad, fmt.Sprintf("byte %d of %d xor %#x", i, len(raw), flip))
		}
		refused(t, raw[:i], fmt.Sprintf("cut at %d of %d", i, len(raw)))
	}
	refused(t, append(bytes.Clone(raw), 0), "a byte more")
}

func refused(t *testing.T, raw []byte, what string) {
	t.Helper()
	m, err := model.Decode(bytes.NewReader(raw))
	var damaged *model.DamagedError
	if m != nil || !errors.As(err, &damaged) {
		t.Fatalf("%s: model %v, error %v", what, m != nil, err)
	}
}

// reseal replaces the header text and puts a valid checksum under the result.
func reseal(raw []byte, old, new string) []byte {
	n := int(binary.LittleEndian.Uint32(raw[12:]))
	head := strings.Replace(string(raw[16:16+n]), old, new, 1)
	out := append([]byte{}, raw[:12]...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(head)))
	out = append(out, head...)
	out = append(out, raw[16+n:len(raw)-sha256.Size]...)
	sum := sha256.Sum256(out)
	return append(out, sum[:]...)
}

func TestHostileHeadersWithAValidChecksumAreRefused(t *testing.T) {
	raw := encode(t, models(t)["forest binary"])
	edits := map[string][2]string{
		"unknown key":         {`"seed":`, `"sead":`},
		"duplicate key":       {`"seed":`, `"seed":1,"seed":`},
		"space":               {`"seed":`, `"seed": `},
		"duplicate field":     {`"name":"income"`, `"name":"age"`},
		"category twice":      {`"categories":["own","rent"]`, `"categories":["own","own"]`},
		"one category more":   {`"categories":["own","rent"]`, `"categories":["a","own","rent"]`},
		"mode of no category": {`"mode":"rent"`, `"mode":"tent"`},
		"mode without use":    {`"categories":["clerk","smith"]`, `"categories":["clerk","smith"],"mode":"baker"`},
		"three labels":        {`"labels":["bad","good"]`, `"labels":["bad","good","ugly"]`},
		"another task":        {`"task":"binary"`, `"task":"regression"`},
		"no such task":        {`"task":"binary"`, `"task":"magic"`},
		"absurd array":        {`"length":21`, `"length":2100000000`},
		"overflowing array":   {`"length":21`, `"length":9223372036854775807`},
		"negative array":      {`"length":21`, `"length":-21`},
		"another type":        {`"type":"int32"`, `"type":"int64"`},
		"another name":        {`"name":"base"`, `"name":"bass"`},
		"absurd outputs":      {`"outputs":1`, `"outputs":1000000000`},
		"another estimator":   {`"kind":"ensemble"`, `"kind":"linear"`},
		"unknown estimator":   {`"kind":"ensemble"`, `"kind":"oracle"`},
		"nested params":       {`"depth":3`, `"depth":[3]`},
		"zero scale":          {`"scale":10`, `"scale":-1`},
		"huge number":         {`"scale":10`, `"scale":1e999`},
		"many objects":        {`"params":{`, `"params":{"a":[` + strings.Repeat("{},", 50_000) + `{}],`},
	}
	for name, e := range edits {
		bad := reseal(raw, e[0], e[1])
		if bytes.Equal(bad, reseal(raw, "", "")) {
			t.Errorf("%s: the edit does not apply", name)
		}
		refused(t, bad, name)
	}
	if _, err := model.Decode(bytes.NewReader(reseal(raw, "", ""))); err != nil {
		t.Errorf("resealed without an edit: %v", err)
	}
}

func TestThingsThatAreNotTreesAreRefused(t *testing.T) {
	nan := math.NaN()
	edits := map[string]func(*model.Tree){
		"a cycle":               func(t *model.Tree) { t.Left[1] = 0 },
		"a node its own child":  func(t *model.Tree) { t.Left[1] = 1 },
		"a child out of range":  func(t *model.Tree) { t.Right[0] = 99 },
		"a negative child":      func(t *model.Tree) { t.Right[0] = -1 },
		"two parents":           func(t *model.Tree) { t.Left[1] = 2 },
		"one child twice":       func(t *model.Tree) { t.Left[1] = 4 },
		"a feature too high":    func(t *model.Tree) { t.Feature[0] = 7 },
		"a feature too low":     func(t *model.Tree) { t.Feature[0] = -2 },
		"a leaf too high":       func(t *model.Tree) { t.Left[2] = 3 },
		"a leaf too low":        func(t *model.Tree) { t.Left[2] = -1 },
		"a NaN threshold":       func(t *model.Tree) { t.Threshold[0] = nan },
		"an infinite threshold": func(t *model.Tree) { t.Threshold[1] = math.Inf(1) },
		"a NaN leaf":            func(t *model.Tree) { t.Leaf[0] = nan },
		"no probability":        func(t *model.Tree) { t.Leaf[0] = 1.5 },
		"an output too high":    func(t *model.Tree) { t.Output = 1 },
		"short arrays":          func(t *model.Tree) { t.MissingLeft = t.MissingLeft[:2] },
		"an orphan":             func(t *model.Tree) { t.Feature[1], t.Left[1] = -1, 0 },
		"no nodes":              func(t *model.Tree) { *t = model.Tree{} },
	}
	for name, edit := range edits {
		tr := model.Tree{
			Feature: []int32{0, 1, -1, -1, -1}, Threshold: make([]float64, 5), MissingLeft: make([]bool, 5),
			Left: []int32{1, 3, 0, 1, 2}, Right: []int32{2, 4, 0, 0, 0}, Leaf: []float64{0.1, 0.2, 0.3},
		}
		m := *models(t)["forest binary"]
		m.Ensemble = &model.Ensemble{Outputs: 1, Average: true, Link: model.Identity,
			Base: []float64{0}, Trees: []model.Tree{tr}}
		if err := m.Check(); err != nil {
			t.Fatal(err)
		}
		edit(&m.Ensemble.Trees[0])
		if err := m.Check(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestEncodeRefusesWhatDecodeWould(t *testing.T) {
	m := *models(t)["linear regression"]
	m.Encoder.Fields = append([]model.FieldEncoder{}, m.Encoder.Fields...)
	m.Encoder.Fields[2].Categories = []string{"own", "rent", "\xff"}
	if err := m.Encode(&bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), `input "home"`) {
		t.Errorf("error %v", err)
	}
	n := withMetrics(models(t)["linear regression"], map[string]float64{"r2": math.NaN()})
	if err := n.Encode(&bytes.Buffer{}); err == nil {
		t.Error("a metric that is NaN was written")
	}
}

func FuzzDecode(f *testing.F) {
	for _, m := range models(f) {
		if m.Ensemble != nil && len(m.Ensemble.Trees) > 3 { // small inputs fuzz faster
			small := *m.Ensemble
			small.Trees = small.Trees[:4]
			m.Ensemble = &small
		}
		f.Add(encode(f, m))
	}
	f.Add([]byte("ASHLARM\n"))
	fr := frame(5, 1)
	f.Fuzz(func(t *testing.T, raw []byte) {
		// A valid checksum lets the fuzzer past the first gate.
		if len(raw) > sha256.Size {
			sum := sha256.Sum256(raw[:len(raw)-sha256.Size])
			raw = append(bytes.Clone(raw[:len(raw)-sha256.Size]), sum[:]...)
		}
		m, err := model.Decode(bytes.NewReader(raw))
		if err != nil {
			return
		}
		if again := encode(t, m); !bytes.Equal(raw, again) {
			t.Error("a file was accepted that Encode would not write")
		}
		if _, err := m.Predict(fr); err != nil && !strings.Contains(err.Error(), "column") {
			t.Errorf("predict: %v", err)
		}
		m.NewScorer().Score()
	})
}

// withMetrics returns a copy of the model that carries the metrics.
func withMetrics(m *model.Model, metrics map[string]float64) *model.Model {
	c := *m
	c.Metrics = metrics
	return &c
}
