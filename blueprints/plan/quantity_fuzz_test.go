package plan

import (
	"math/big"
	"testing"
)

// FuzzParseQuantity checks every quantity that is read against whole numbers of any
// length: what does not fit is refused, and never wrapped around.
func FuzzParseQuantity(f *testing.F) {
	for _, seed := range []string{"512Mi", "2Gi", "9223372036854775807", "8388608Ti", "8388607Ti", "1k", "0", "-1Gi",
		"1.5Gi", "Gi", "1KiB", "٣Mi", "+1Mi", " 1Mi"} {
		f.Add(seed)
	}
	units := []struct {
		name string
		of   int64
	}{{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"Ti", 1 << 40}, {"k", 1e3}, {"M", 1e6},
		{"G", 1e9}, {"T", 1e12}, {"", 1}}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseQuantity(text)
		if err != nil {
			return
		}
		for _, u := range units {
			digits := text[:max(0, len(text)-len(u.name))]
			if digits+u.name != text {
				continue
			}
			n, ok := new(big.Int).SetString(digits, 10)
			if !ok {
				t.Fatalf("%q is read as %d", text, got)
			}
			if want := n.Mul(n, big.NewInt(u.of)); want.Sign() <= 0 || want.Cmp(big.NewInt(got)) != 0 {
				t.Fatalf("%q is read as %d, want %v", text, got, want)
			}
			return
		}
	})
}
