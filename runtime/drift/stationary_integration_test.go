//go:build integration

package drift

// stationary is how many windows of unchanged traffic of each size are judged.
func stationary(int) int { return 1000 }
