package plan

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

func sample() *Plan {
	return &Plan{
		APIVersion: APIVersion, Name: "credit", Environment: "dev", Seed: 42,
		Datasets: map[string]Dataset{"a": {Source: "a.csv",
			Columns: map[string]Column{"x": {Type: Number}, "y": {Type: Category, Values: []string{"<&>", "é"}}}}},
		Models: map[string]Model{"m": {Dataset: "a", Params: Params{"max_depth": 10.0}, Require: Require{
			Metrics: map[string]Predicate{"roc_auc": {{GreaterEqual, 0.8}}}}}},
	}
}

func TestEqualPlansGiveEqualBytes(t *testing.T) {
	a, err := sample().Encode()
	if err != nil {
		t.Fatal(err)
	}
	for range 20 { // map order varies from run to run
		b, err := sample().Encode()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Fatalf("two encodings differ:\n%s\n%s", a, b)
		}
	}
	if !bytes.Contains(a, []byte(`<&>`)) || !bytes.HasSuffix(a, []byte("\n")) {
		t.Errorf("not canonical: %s", a)
	}
}

func TestDigestFollowsEveryField(t *testing.T) {
	before, err := sample().Digest()
	if err != nil {
		t.Fatal(err)
	}
	p := sample()
	p.Models["m"].Require.Metrics["roc_auc"][0].Value = 0.81
	after, err := p.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if before == after {
		t.Error("a tightened gate left the digest as it was")
	}
	if !strings.HasPrefix(before, "sha256:") || len(before) != 71 {
		t.Errorf("digest %q", before)
	}
}

func TestDecodeIsStrict(t *testing.T) {
	good, err := sample().Encode()
	if err != nil {
		t.Fatal(err)
	}
	p, err := Decode(bytes.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.Encode()
	if err != nil || !bytes.Equal(good, again) {
		t.Errorf("decode and encode changed the plan (%v)", err)
	}
	for name, c := range map[string]struct{ text, want string }{
		"an unknown field": {strings.Replace(string(good), `"seed"`, `"sead"`, 1), `unknown field "sead"`},
		"another version": {strings.Replace(string(good), APIVersion, "ashlar.dev/v9", 1),
			`apiVersion "ashlar.dev/v9"`},
		"something after it":     {string(good) + "{}", "after the end"},
		"nothing":                {"", "EOF"},
		"more than a plan holds": {strings.Repeat(" ", MaxPlanBytes+1), "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Decode(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to say %q", err, c.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	good, _ := sample().Encode()
	f.Add(good)
	f.Add([]byte(`{"apiVersion":"ashlar.dev/v1"}`))
	for _, format := range []string{`{"version":2,"reads":1,"ignore":["endpoints.*.drift.colour"]}`,
		`{"version":2,"reads":1,"ignore":["*.*.*","endpoints.e.drift.window"]}`, `{"version":3,"reads":2}`} {
		f.Add([]byte(newerText(f, format, `,"colour":"red"`)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Decode(bytes.NewReader(text))
		if err != nil {
			return
		}
		b, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		q, err := Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("its own encoding does not decode: %v", err)
		}
		if c, _ := q.Encode(); !bytes.Equal(b, c) {
			t.Fatalf("encoding is not stable:\n%s\n%s", b, c)
		}
	})
}

func TestPredicateHoldsWhenEveryBoundDoes(t *testing.T) {
	p := Predicate{{GreaterEqual, 0.8}, {Less, 1}}
	for v, want := range map[float64]bool{0.8: true, 0.79: false, 1: false, 0.999: true, math.Inf(1): false} {
		if p.Holds(v) != want {
			t.Errorf("%s holds of %g: %t", p, v, !want)
		}
	}
	if p.Holds(math.NaN()) || (Predicate{}).Holds(math.NaN()) {
		t.Error("a metric that could not be computed passed a gate")
	}
	if got := p.String(); got != ">=0.8 & <1" {
		t.Errorf("String() = %q", got)
	}
	if (Bound{Op: "~", Value: 1}).Holds(1) {
		t.Error("an unknown operator held")
	}
}

func TestParamsFallBackOnlyWhenAbsent(t *testing.T) {
	p := Params{"a": 3.0, "b": true, "c": "sqrt", "d": nil}
	if p.Int("a", 9) != 3 || p.Float("a", 9) != 3 || !p.Bool("b", false) || p.Text("c", "") != "sqrt" {
		t.Error("a value that is there was not returned")
	}
	if p.Int("d", 9) != 9 || p.Int("e", 9) != 9 {
		t.Error("nil and absent must fall back")
	}
	q := p.With(Params{"a": 4.0})
	if q.Int("a", 0) != 4 || p.Int("a", 0) != 3 {
		t.Error("With must copy")
	}
}
