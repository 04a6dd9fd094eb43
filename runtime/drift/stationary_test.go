//go:build !integration

package drift

// stationary is how many windows of unchanged traffic of each size are judged.
func stationary(rows int) int { return map[bool]int{true: 80, false: 12}[rows < 10_000] }
