package assign

import (
	"fmt"
	"math"
	"testing"
)

// The values were computed with the formula of GrowthBook's SDKs, independently of
// this package.
func TestBucketsAreThoseOfGrowthBook(t *testing.T) {
	for _, c := range []struct {
		seed, value string
		want        float64
	}{
		{"", "a", 0.0216}, {"", "b", 0.9054}, {"b", "a", 0.665},
	} {
		if got := Bucket(c.seed, c.value); got != c.want {
			t.Errorf("seed %q, value %q: bucket %v, want %v", c.seed, c.value, got, c.want)
		}
	}
}

func TestTheSeedComesBeforeTheValue(t *testing.T) {
	if Bucket("ab", "c") != Bucket("a", "bc") || Bucket("a", "b") == Bucket("b", "a") {
		t.Error("the hash is not that of the seed followed by the value")
	}
}

func TestTextsAreHashedAsUTF8(t *testing.T) {
	// fnv1a32 of the bytes c3 a9, computed by hand.
	h := uint32(2166136261)
	for _, b := range []byte{0xc3, 0xa9} {
		h = (h ^ uint32(b)) * 16777619
	}
	if got := fnv1a("é"); got != h {
		t.Errorf("%d, want %d", got, h)
	}
}

func TestVariantsTakeTheSharesOfTheirWeights(t *testing.T) {
	weights := []float64{70, 0, 20, 10}
	counts := make([]int, len(weights))
	const n = 100_000
	for i := range n {
		counts[Variant(Bucket("seed", fmt.Sprint("customer-", i)), weights)]++
	}
	for i, w := range weights {
		if got := 100 * float64(counts[i]) / n; math.Abs(got-w) > 1 {
			t.Errorf("variant %d has %.2f %% of the entities, want %g", i, got, w)
		}
	}
}

func TestABucketBelongsToOneVariant(t *testing.T) {
	for _, c := range []struct {
		bucket  float64
		weights []float64
		want    int
	}{
		{0, []float64{50, 50}, 0}, {0.4999, []float64{50, 50}, 0}, {0.5, []float64{50, 50}, 1},
		{0.9999, []float64{50, 50}, 1}, {0, []float64{0, 100}, 1}, {0.9999, []float64{100, 0}, 0},
		{0.3, []float64{0, 0}, -1}, {0.3, nil, -1}, {0.9999, []float64{0.1, 0.2, 0}, 1},
	} {
		if got := Variant(c.bucket, c.weights); got != c.want {
			t.Errorf("bucket %g of %v: variant %d, want %d", c.bucket, c.weights, got, c.want)
		}
	}
}
