package judge

import (
	"fmt"
	"math"
)

// mismatch is the probability below which traffic is said not to be divided as it
// should be.
const mismatch = 0.001

// Ratio compares how traffic was divided with how it should have been: Pearson's
// chi-square with one degree of freedom. Where the weight changed on the way, the
// expected counts and their variances are added up.
type Ratio struct {
	Requests  int64   `json:"requests"` // that were assigned to either version
	Share     float64 `json:"share"`    // of the new version
	Expected  float64 `json:"expected"`
	ChiSquare float64 `json:"chi_square"`
	P         float64 `json:"p"`
	Mismatch  bool    `json:"mismatch"` // P is below 0.001
}

// ratio is nil where nothing was assigned by chance.
func (a Assigned) ratio() *Ratio {
	variance := float64(a.Variance) / (100 * 100)
	if a.Requests == 0 || variance <= 0 {
		return nil
	}
	expected := float64(a.Expected) / 100
	off := float64(a.Challenger) - expected
	r := &Ratio{Requests: a.Requests, Share: float64(a.Challenger) / float64(a.Requests),
		Expected: expected / float64(a.Requests), ChiSquare: off * off / variance}
	r.P = math.Erfc(math.Sqrt(r.ChiSquare / 2))
	r.Mismatch = r.P < mismatch
	return r
}

func (r *Ratio) reason() string {
	return fmt.Sprintf("the new version has %.4g %% of the requests and should have %.4g %%, which chance does not explain (p = %.2g): the versions do not have the same traffic",
		100*r.Share, 100*r.Expected, r.P)
}
