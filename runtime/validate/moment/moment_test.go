package moment_test

import (
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/validate/moment"
)

func of(values ...float64) *moment.Moments {
	var m moment.Moments
	m.AddAll(values)
	return &m
}

func TestSumsDoNotRound(t *testing.T) {
	cases := map[string]struct {
		values []float64
		want   float64
	}{
		"nothing":                    {nil, 0},
		"a large value cancels":      {[]float64{1e300, 1, -1e300}, 1},
		"ten tenths":                 {[]float64{.1, .1, .1, .1, .1, .1, .1, .1, .1, .1}, 1},
		"subnormals":                 {[]float64{5e-324, 5e-324, -5e-324}, 5e-324},
		"from end to end":            {[]float64{math.MaxFloat64, 5e-324, -math.MaxFloat64}, 5e-324},
		"NaN is left out":            {[]float64{1, math.NaN(), 2}, 3},
		"both zeros":                 {[]float64{0, math.Copysign(0, -1)}, 0},
		"an overflow on the way":     {[]float64{math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64}, math.MaxFloat64},
		"an infinite value":          {[]float64{1, math.Inf(-1)}, math.Inf(-1)},
		"a sum beyond float64":       {[]float64{math.MaxFloat64, math.MaxFloat64}, math.Inf(1)},
		"negative values alone":      {[]float64{-1, -2, -3.5}, -6.5},
		"half a unit rounds to even": {[]float64{1 << 53, 1}, 1 << 53},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := of(c.values...).Sum(); got != c.want {
				t.Errorf("sum %v, want %v", got, c.want)
			}
		})
	}
}

func TestStatisticsOfTooFewValuesAreNaN(t *testing.T) {
	for name, got := range map[string]float64{
		"the mean of nothing":              of().Mean(),
		"the stdev of one value":           of(3).Stdev(),
		"the stdev of infinite values":     of(1, 2, math.Inf(1)).Stdev(),
		"the mean of opposite infinities":  of(math.Inf(1), math.Inf(-1)).Mean(),
		"the stdev of one value and a NaN": of(3, math.NaN()).Stdev(),
	} {
		if !math.IsNaN(got) {
			t.Errorf("%s is %v", name, got)
		}
	}
}

// Values that are far from zero and close together are what textbook formulas
// lose: here Σ(x-μ)² is 90/4 of a unit in the last place squared.
func TestStdevSurvivesALargeMean(t *testing.T) {
	if got, want := of(1e9+4, 1e9+7, 1e9+13, 1e9+16).Stdev(), math.Sqrt(30); got != want {
		t.Errorf("stdev %v, want %v", got, want)
	}
	if got := of(1e308, 1e308, -1e308).Stdev(); math.Abs(got/1.1547005383792515e308-1) > 1e-15 {
		t.Errorf("stdev %v", got)
	}
	if got := of(0.1, 0.1, 0.1).Stdev(); got != 0 {
		t.Errorf("stdev of equal values is %v", got)
	}
}

func random(r *rand.Rand) float64 {
	v := math.Float64frombits(r.Uint64())
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

func TestAnySplitAndOrderGivesTheSameState(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		values := make([]float64, 1+r.IntN(200))
		for i := range values {
			values[i] = random(r)
		}
		whole := of(values...)
		var merged moment.Moments
		r.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
		for rest := values; len(rest) > 0; {
			n := 1 + r.IntN(len(rest))
			part, text := of(rest[:n]...), []byte(nil)
			text, err := json.Marshal(part)
			if err != nil {
				t.Fatal(err)
			}
			var read moment.Moments
			if err := json.Unmarshal(text, &read); err != nil {
				t.Fatal(err)
			}
			merged.Merge(&read)
			rest = rest[n:]
		}
		a, _ := json.Marshal(whole)
		b, _ := json.Marshal(&merged)
		if string(a) != string(b) {
			t.Fatalf("merged moments differ:\n%s\n%s", a, b)
		}
		if s, want := merged.Sum(), exact(values); s != want {
			t.Fatalf("sum %v, want %v", s, want)
		}
	}
}

func exact(values []float64) float64 {
	sum := new(big.Rat)
	for _, v := range values {
		sum.Add(sum, new(big.Rat).SetFloat64(v))
	}
	f, _ := sum.Float64()
	return f
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"finite":2,"sum":"3p0","squares":"5p0"}`, `{"finite":0,"sum":"0","squares":"0"}`,
		`{"finite":1,"sum":"1p9999999","squares":"1p0"}`,
		`{"finite":-1,"sum":"0","squares":"0"}`, `{"finite":1,"sum":"-1p-1074","squares":"1p-2148"}`, `{"sum":"zp1"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var m moment.Moments
		if m.UnmarshalJSON(b) != nil {
			return
		}
		if m.Stdev() < 0 {
			t.Error("a negative deviation")
		}
		text, err := json.Marshal(&m)
		if err != nil {
			t.Fatal(err)
		}
		var again moment.Moments
		if err := again.UnmarshalJSON(text); err != nil {
			t.Fatalf("%s does not read back: %v", text, err)
		}
	})
}

func BenchmarkAddAll(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 4096)
	for i := range values {
		values[i] = r.NormFloat64()
	}
	var m moment.Moments
	b.SetBytes(int64(8 * len(values)))
	for b.Loop() {
		m.AddAll(values)
	}
}
