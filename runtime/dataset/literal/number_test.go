package literal

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// losesDigits reckons with rationals whether a number beyond 2^53 without an
// exponent is neither the float64 nearest to it nor the shortest text of that.
func losesDigits(text string, v float64) bool {
	if math.Abs(v) < 1<<53 || strings.ContainsAny(text, "eE") {
		return false
	}
	exact, _ := new(big.Rat).SetString(text)
	shortest, _ := new(big.Rat).SetString(strconv.FormatFloat(v, 'g', -1, 64))
	return exact.Cmp(new(big.Rat).SetFloat64(v)) != 0 && exact.Cmp(shortest) != 0
}

// same checks ParseNumber against strconv on a plain decimal.
func same(t *testing.T, text string) {
	t.Helper()
	got, ok := ParseNumber([]byte(text))
	want, err := strconv.ParseFloat(text, 64)
	if ok != (err == nil && !losesDigits(text, want)) || ok && math.Float64bits(got) != math.Float64bits(want) {
		t.Fatalf("ParseNumber(%q) = %v, %v; strconv has %v, %v", text, got, ok, want, err)
	}
}

func TestNumbersEqualStrconvBitForBit(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	for range 200_000 {
		v := math.Float64frombits(random.Uint64())
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		same(t, strconv.FormatFloat(v, 'g', -1, 64))
		same(t, strconv.FormatFloat(v, 'e', random.IntN(25), 64))
		same(t, strconv.FormatFloat(random.NormFloat64()*1000, 'f', random.IntN(24), 64))
		same(t, strconv.FormatUint(random.Uint64()>>random.IntN(64), 10)+"e"+strconv.Itoa(random.IntN(60)-35))
		same(t, strconv.FormatUint(random.Uint64()>>random.IntN(64), 10)+"."+
			strconv.FormatUint(random.Uint64()>>random.IntN(64), 10))
	}
}

func TestNumbersAtTheEdges(t *testing.T) {
	for _, text := range []string{
		"0", "-0", "+1", "1.", ".5", "-.5", ".", "-", "+", "", "1e5", "1E-5", "1e", "e5", "1.2.3", "--1", "1-",
		"1e400", "-1e400", "1e-400",
		"9007199254740992", "9007199254740993", "9007199254740994", "18446744073709551615", "18446744073709551616",
		"9999999999999999999", "99999999999999999999", "0.1234567890123456789", "0.12345678901234567890",
		"0000000000000000000000001", "5e-324", "1.7976931348623157e308", "1.7976931348623159e308",
		strings.Repeat("9", 400), "0." + strings.Repeat("0", 400) + "1",
	} {
		same(t, text)
	}
	for _, text := range []string{"NaN", "nan", "inf", "-Inf", "Infinity", "0x1p3", "0x10",
		"1_000", "1,5", "1 2", "１"} {
		if v, ok := ParseNumber([]byte(text)); ok {
			t.Errorf("ParseNumber(%q) = %v; want a refusal", text, v)
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, text := range []string{"1.5", "-0.00001", "123456789012345678901234567890", "1e22",
		"9007199254740993", "", "+.e"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := ParseNumber([]byte(text))
		want, err := strconv.ParseFloat(text, 64)
		plain := strings.Trim(text, "0123456789+-.eE") == ""
		if ok != (err == nil && plain && !losesDigits(text, want)) || ok &&
			math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("ParseNumber(%q) = %v, %v; strconv has %v, %v", text, got, ok, want, err)
		}
	})
}
