package boosting

import (
	"math"
	"math/rand/v2"
)

// split parts the rows into training and validation rows, both ascending. There
// are validation rows only where early stopping wants them; of each class the
// same share, and at least one row stays in training.
func (b *booster) split() (train, valid []int32) {
	groups := make([][]int32, max(1, b.classes))
	for i, y := range b.y {
		k := 0
		if b.classes > 0 {
			k = int(y)
		}
		groups[k] = append(groups[k], int32(i))
	}
	share := b.validation
	if !b.early {
		share = 0
	}
	held := make([]bool, len(b.y))
	// The second word names this use of the seed ("valid" in ASCII), so the
	// forest's and the split's numbers are others.
	random := rand.New(rand.NewPCG(b.options.Seed, 0x76616c6964))
	for _, rows := range groups {
		n := min(int(math.Round(share*float64(len(rows)))), len(rows)-1)
		// The first n steps of a Fisher-Yates shuffle draw n rows without
		// putting back.
		for i := range max(n, 0) {
			j := i + random.IntN(len(rows)-i)
			rows[i], rows[j] = rows[j], rows[i]
			held[rows[i]] = true
		}
	}
	for i, out := range held {
		if out {
			valid = append(valid, int32(i))
		} else {
			train = append(train, int32(i))
		}
	}
	return train, valid
}

// watch decides when to stop: when none of the last patience losses is below
// the loss before them by more than tol, as in scikit-learn.
type watch struct {
	patience int
	tol      float64
	losses   []float64 // before the first iteration and after each
	best     int       // iterations after which the loss was least, at least 1
}

func newWatch(p params) *watch { return &watch{patience: p.patience, tol: p.tol, best: 1} }

// stop notes the loss after one more iteration and says whether to stop.
//
// The best iteration is that of the least loss, while the decision to stop goes
// by tol: as many iterations as the patience, none of which gains more than
// tol, stop the fit, and the last of them may still be the best.
func (w *watch) stop(loss float64) bool {
	w.losses = append(w.losses, loss)
	n := len(w.losses) - 1
	if n > 1 && loss < w.losses[w.best] {
		w.best = n
	}
	if n < w.patience {
		return false
	}
	before := w.losses[n-w.patience]
	for _, recent := range w.losses[n-w.patience+1:] {
		if recent < before-w.tol {
			return false
		}
	}
	return true
}
