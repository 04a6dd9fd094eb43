package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ParseQuantity reads an amount of bytes as Kubernetes writes it: a whole number
// with Ki, Mi, Gi or Ti (powers of 1,024), k, M, G or T (of 1,000), or nothing.
func ParseQuantity(text string) (int64, error) {
	digits := strings.TrimRight(text, "KMGTki")
	units := map[string]int64{"": 1, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "k": 1e3,
		"M": 1e6, "G": 1e9, "T": 1e12}
	unit, ok := units[text[len(digits):]]
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || n <= 0 || n > math.MaxInt64/unit {
		return 0, fmt.Errorf("%q is not a valid amount of memory; write it as 512Mi or 2Gi", text)
	}
	return n * unit, nil
}

// Bytes writes an amount of bytes for people, such as 1.5 GiB.
func Bytes(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}
