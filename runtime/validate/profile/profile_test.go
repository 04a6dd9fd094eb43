package profile_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/validate/profile"
)

// frame is a table of every kind of column that a profile has to cope with.
func frame(random *rand.Rand, rows int) *dataset.Frame {
	f := &dataset.Frame{Rows: rows}
	add := func(name string, t plan.ColumnType, value func(i int) any) {
		c := dataset.Column{Name: name, Type: t}
		codes := map[string]int32{}
		for i := range rows {
			switch v := value(i).(type) {
			case float64:
				c.Floats = append(c.Floats, v)
			case string:
				if _, ok := codes[v]; !ok {
					codes[v] = int32(len(c.Dict))
					c.Dict = append(c.Dict, v)
				}
				c.Codes = append(c.Codes, codes[v])
			default:
				if c.Coded() {
					c.Codes = append(c.Codes, dataset.MissingCode)
				} else {
					c.Floats = append(c.Floats, math.NaN())
				}
			}
		}
		f.Columns = append(f.Columns, c)
	}
	add("few", plan.Integer, func(int) any { return float64(random.IntN(50)) })
	add("normal", plan.Number, func(int) any { return random.NormFloat64() })
	add("wild", plan.Number, func(int) any {
		v := math.Float64frombits(random.Uint64())
		if v != v {
			return nil
		}
		return v
	})
	add("moments", plan.Timestamp, func(int) any { return 1.7e9 + float64(random.IntN(1e7)) })
	add("missing", plan.Number, func(int) any { return nil })
	add("flag", plan.Boolean, func(int) any { return float64(random.IntN(2)) })
	add("word", plan.Category, func(i int) any {
		if i%7 == 0 {
			return nil
		}
		return fmt.Sprint("w", random.IntN(20))
	})
	add("name", plan.Text, func(i int) any { return fmt.Sprint(strings.Repeat("long ", i%60), random.IntN(1e6)) })
	add("secret", plan.Number, func(int) any { return math.Exp(random.NormFloat64()) })
	add("secretive", plan.Text, func(int) any { return fmt.Sprint(random.IntN(300)) })
	return f
}

func specOf(c *dataset.Column) plan.Column {
	return plan.Column{Type: c.Type, Sensitive: strings.HasPrefix(c.Name, "secret")}
}

// of profiles some rows of a frame.
func of(f *dataset.Frame, rows []int) *profile.Profile {
	f = f.Select(rows)
	out := &profile.Profile{Rows: int64(f.Rows)}
	for i := range f.Columns {
		s := profile.NewSketch(f.Columns[i].Name, specOf(&f.Columns[i]), profile.Limit)
		s.See(&f.Columns[i])
		out.Columns = append(out.Columns, s.Column())
	}
	return out
}

func text(t *testing.T, p *profile.Profile) string {
	t.Helper()
	b, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func TestMergedProfilesAreThatOfOnePass(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, rows := range []int{1, 10, 3000, 20000} {
		for range 4 {
			f := frame(random, rows)
			want := text(t, of(f, upTo(rows)))
			order := random.Perm(rows)
			var parts []*profile.Profile
			for len(order) > 0 {
				n := 1 + random.IntN(len(order))
				if random.IntN(3) == 0 {
					n = 1 + random.IntN(min(len(order), 50))
				}
				parts = append(parts, of(f, order[:n]))
				order = order[n:]
			}
			random.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
			// Some are merged first, and read back from JSON.
			k := random.IntN(len(parts) + 1)
			first, err := profile.Merge(parts[:k]...)
			if err != nil {
				t.Fatal(err)
			}
			var again profile.Profile
			if err := json.Unmarshal([]byte(text(t, first)), &again); err != nil {
				t.Fatal(err)
			}
			merged, err := profile.Merge(append([]*profile.Profile{&again}, parts[k:]...)...)
			if err != nil {
				t.Fatal(err)
			}
			if k == 0 { // nothing has no columns, so that the rest come by name
				slices.SortFunc(merged.Columns, func(a, b profile.Column) int {
					return slices.IndexFunc(f.Columns, func(c dataset.Column) bool { return c.Name == a.Name }) -
						slices.IndexFunc(f.Columns, func(c dataset.Column) bool { return c.Name == b.Name })
				})
			}
			if got := text(t, merged); got != want {
				t.Fatalf("%d rows in %d parts: the merged profile differs:\n%s", rows, len(parts), cmp.Diff(want, got))
			}
		}
	}
}

func TestAColumnThatAPartLacksIsMissingThere(t *testing.T) {
	f := frame(rand.New(rand.NewPCG(3, 4)), 30)
	whole, without := of(f, upTo(10)), of(f, upTo(20))
	without.Columns = without.Columns[1:]
	for name, parts := range map[string][]*profile.Profile{"first": {without, whole}, "last": {whole, without}} {
		m, err := profile.Merge(parts...)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(m.Columns, func(c profile.Column) bool { return c.Name == "few" })
		if c := m.Columns[i]; m.Rows != 30 || c.Count != 10 || c.Missing != 20 {
			t.Errorf("lacking %s: %d rows, %d values, %d missing", name, m.Rows, c.Count, c.Missing)
		}
	}
}

func column(t *testing.T, p *profile.Profile, name string) profile.Column {
	t.Helper()
	i := slices.IndexFunc(p.Columns, func(c profile.Column) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("no column %s", name)
	}
	return p.Columns[i]
}

func TestFewValuesAreTold(t *testing.T) {
	f := &dataset.Frame{Rows: 8, Columns: []dataset.Column{
		{Name: "n", Type: plan.Number, Floats: []float64{3, 1, 2, 2, math.NaN(), 7, 2, -0.5}},
		{Name: "c", Type: plan.Category, Dict: []string{"unused", "a", "b"}, Codes: []int32{1, 2, 1, 1, -1, 2, -1, 1}},
	}}
	p := of(f, upTo(8))
	n, c := column(t, p, "n"), column(t, p, "c")
	if n.Count != 7 || n.Missing != 1 || n.MissingPercent != 12.5 || n.Min != "-0.5" || n.Max != "7" ||
		n.Distinct != 5 || !n.DistinctExact || n.QuantileError != 0 {
		t.Errorf("%+v", n)
	}
	if n.Top[0].Value != "2" || n.Top[0].Count != 3 || n.Top[1].Value != "-0.5" {
		t.Errorf("top %v", n.Top)
	}
	if i := slices.IndexFunc(n.Quantiles,
		func(q profile.Quantile) bool { return q.Quantile == 0.5 }); n.Quantiles[i].Value != 2 {
		t.Errorf("quantiles %v", n.Quantiles)
	}
	if h := n.Histogram; len(h.Edges) != len(h.Counts)+1 || h.Counts[0] != 1 || h.Counts[len(h.Counts)-1] != 1 {
		t.Errorf("histogram %v", h)
	}
	if d := cmp.Diff([]profile.Frequent{{Value: "a", Count: 4, Percent: 100 * 4 / 6.0},
		{Value: "b", Count: 2, Percent: 100 * 2 / 6.0}}, c.Top); d != "" || c.Distinct != 2 {
		t.Errorf("%d distinct, %s", c.Distinct, d)
	}
}

// Identifiers such as a snowflake are integers beyond what a float64 tells apart.
func TestLeastAndGreatestIntegersHaveAllTheirDigits(t *testing.T) {
	of64 := func(texts ...string) *profile.Profile {
		c := dataset.Column{Name: "id", Type: plan.Integer}
		for _, text := range texts {
			one, err := dataset.ParseInteger(text)
			if err != nil {
				t.Fatal(err)
			}
			c.Floats, c.Low = append(c.Floats, one.Floats...), append(c.Low, one.Low...)
		}
		return of(&dataset.Frame{Rows: len(texts), Columns: []dataset.Column{c}}, upTo(len(texts)))
	}
	for _, c := range []struct {
		a, b     []string
		min, max json.Number
	}{
		{[]string{"9007199254740993", "9007199254740995"}, []string{"9007199254740994"},
			"9007199254740993", "9007199254740995"},
		{[]string{"9223372036854775807"}, []string{"-9223372036854775808", "5"},
			"-9223372036854775808", "9223372036854775807"},
		{[]string{"18446744073709551615"}, []string{"18446744073709551614"},
			"18446744073709551614", "18446744073709551615"},
		{[]string{"-9007199254740993"}, []string{"-9007199254740992"}, "-9007199254740993", "-9007199254740992"},
		{[]string{"1152921504606846976"}, []string{"1152921504606846977", "1152921504606846975"},
			"1152921504606846975", "1152921504606846977"},
	} {
		whole := of64(slices.Concat(c.a, c.b)...)
		var again profile.Profile
		if err := json.Unmarshal([]byte(text(t, of64(c.a...))), &again); err != nil {
			t.Fatal(err)
		}
		merged, err := profile.Merge(&again, of64(c.b...))
		if err != nil {
			t.Fatal(err)
		}
		for name, p := range map[string]*profile.Profile{"at once": whole, "merged": merged} {
			if got := column(t, p, "id"); got.Min != c.min || got.Max != c.max {
				t.Errorf("%s: from %s to %s, want %s to %s", name, got.Min, got.Max, c.min, c.max)
			}
		}
		if !strings.Contains(text(t, whole), `"max": `+string(c.max)+",") {
			t.Errorf("the JSON rounds %s:\n%s", c.max, text(t, whole))
		}
	}
}

func TestSketchesKeepToTheirErrors(t *testing.T) {
	f := frame(rand.New(rand.NewPCG(5, 6)), 100_000)
	p := of(f, upTo(f.Rows))
	for _, name := range []string{"normal", "moments", "secret"} {
		c := column(t, p, name)
		values := slices.Sorted(slices.Values(f.Column(name).Floats))
		for _, q := range c.Quantiles {
			want := values[int(math.RoundToEven(float64(len(values)-1)*q.Quantile))]
			if math.Abs(q.Value-want) > c.QuantileError*math.Abs(want) {
				t.Errorf("%s: quantile %v is %v, want %v within %v", name, q.Quantile, q.Value, want, c.QuantileError)
			}
		}
		distinct := len(slices.Compact(slices.Clone(values)))
		if off := math.Abs(float64(c.Distinct)/float64(distinct) - 1); off > 3*0.01625 || c.DistinctExact {
			t.Errorf("%s: %d distinct, want about %d", name, c.Distinct, distinct)
		}
		var sum int64
		for _, n := range c.Histogram.Counts {
			sum += n
		}
		if sum != c.Count {
			t.Errorf("%s: the histogram holds %d of %d", name, sum, c.Count)
		}
	}
	if c := column(t, p, "normal"); c.QuantileError > 0.02 || len(c.State.Cells) > 10*profile.Limit {
		t.Errorf("an error of %v in %d bytes", c.QuantileError, len(c.State.Cells))
	}
}

func TestSensitiveColumnsTellNoValue(t *testing.T) {
	f := &dataset.Frame{Rows: 3, Columns: []dataset.Column{
		{Name: "secret", Type: plan.Number, Floats: []float64{31337.25, 31338.5, 88887.75}},
		{Name: "secretive", Type: plan.Text, Dict: []string{"Ada", "Grace"}, Codes: []int32{0, 1, 0}},
	}}
	p := of(f, upTo(3))
	got := text(t, p)
	for _, s := range []string{"Ada", "Grace", "31337", "31338", "88887", "min\"", "max\"", "top\"", "texts\""} {
		if strings.Contains(got, s) {
			t.Errorf("the profile tells %s:\n%s", s, got)
		}
	}
	if c := column(t, p, "secretive"); c.Distinct != 2 {
		t.Errorf("%d distinct", c.Distinct)
	}
}

func TestColumnsOfOtherTypesDoNotMerge(t *testing.T) {
	one := func(t plan.ColumnType, v float64) *profile.Profile {
		f := &dataset.Frame{Rows: 1, Columns: []dataset.Column{{Name: "x", Type: t, Floats: []float64{v}}}}
		return of(f, []int{0})
	}
	_, err := profile.Merge(one(plan.Number, 1), one(plan.Boolean, 1))
	if err == nil || !strings.Contains(err.Error(),
		"profile 1: column x: a column of type number does not merge with one of type boolean") {
		t.Errorf("%v", err)
	}
}

func FuzzMerge(f *testing.F) {
	fr := frame(rand.New(rand.NewPCG(7, 8)), 40)
	p := of(fr, upTo(40))
	for _, c := range p.Columns {
		b, err := json.Marshal(&profile.Profile{Rows: 40, Columns: []profile.Column{c}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"rows":-1,"columns":[{"name":"x","type":"number","state":{"limit":1,"cells":"//8="}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var p profile.Profile
		if json.Unmarshal(b, &p) != nil {
			return
		}
		m, err := profile.Merge(&p, &p)
		if err != nil {
			return
		}
		if _, err := json.Marshal(m); err != nil {
			t.Fatalf("a merged profile is not JSON: %v", err)
		}
		if _, err := profile.Merge(m); err != nil {
			t.Fatalf("a merged profile does not merge: %v", err)
		}
	})
}

// FuzzState: a state of any bytes is merged into a whole profile or refused.
func FuzzState(f *testing.F) {
	p := of(frame(rand.New(rand.NewPCG(9, 10)), 5000), upTo(5000))
	for _, c := range p.Columns {
		f.Add(c.State.Cells, c.State.Registers, c.State.Shift, c.State.Limit, c.Count, c.Missing,
			string(c.Type), c.Sensitive)
	}
	f.Add([]byte{0xff, 1, 1}, []byte{0, 0xff, 0xff, 3, 1}, uint(63), 1, int64(math.MaxInt64), int64(0), "number", true)
	f.Fuzz(func(t *testing.T, cells, registers []byte, shift uint, limit int, count, missing int64,
		typ string, sensitive bool) {
		c := profile.Column{Name: "x", Type: plan.ColumnType(typ), Sensitive: sensitive, Count: count,
			Missing: missing, Min: "0", Max: "0"}
		c.State = profile.State{Limit: limit, Cells: cells, Shift: shift, Registers: registers}
		c.State.Moments = fmt.Appendf(nil, `{"finite":%d,"sum":"0","squares":"0"}`, count)
		p := &profile.Profile{Rows: count + missing, Columns: []profile.Column{c}}
		m, err := profile.Merge(p, p)
		if err != nil {
			return
		}
		if _, err := json.Marshal(m); err != nil {
			t.Fatalf("a merged profile is not JSON: %v", err)
		}
		if got := m.Columns[0]; got.Distinct < 0 || got.Count != 2*count {
			t.Fatalf("%d values, %d distinct", got.Count, got.Distinct)
		}
	})
}

func BenchmarkSee(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	c := dataset.Column{Name: "x", Type: plan.Number}
	for range 1 << 18 {
		c.Floats = append(c.Floats, random.NormFloat64())
	}
	s := profile.NewSketch("x", plan.Column{Type: plan.Number}, profile.Limit)
	b.SetBytes(int64(8 * len(c.Floats)))
	for b.Loop() {
		s.See(&c)
	}
}
