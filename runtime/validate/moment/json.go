package moment

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// maxDigits bounds a decoded total: 2^1024 squared over 2^-2148, times 2^63
// rows, in hexadecimal digits.
const maxDigits = (2*1024 + 2*unit + 64) / 4

// state is how moments are written down: whole numbers without rounding.
type state struct {
	Finite   int64  `json:"finite"`
	Positive int64  `json:"positive_infinite,omitempty"`
	Negative int64  `json:"negative_infinite,omitempty"`
	Sum      string `json:"sum"`     // hexadecimal mantissa, p, power of two: "-1fp-3"
	Squares  string `json:"squares"` // likewise
}

// MarshalJSON writes the exact state. Equal moments give equal bytes, whatever
// way they came about.
//
// Bins are put together into two integers, and trailing zeros go into the
// exponent, so that the text is the same for any way of adding up.
func (m *Moments) MarshalJSON() ([]byte, error) {
	sum, squares := m.totals()
	return json.Marshal(state{m.finite, m.positive, m.negative, written(sum, unit), written(squares, 2*unit)})
}

// UnmarshalJSON reads what MarshalJSON wrote; impossible moments are an error.
func (m *Moments) UnmarshalJSON(b []byte) error {
	var s state
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("moments: %w", err)
	}
	*m = Moments{finite: s.Finite, positive: s.Positive, negative: s.Negative}
	if min(s.Finite, s.Positive, s.Negative) < 0 {
		return errors.New("moments: a count is negative")
	}
	if err := errors.Join(read(&m.sum, s.Sum, unit), read(&m.squares, s.Squares, 2*unit)); err != nil {
		return fmt.Errorf("moments: %w", err)
	}
	// nQ >= S² holds for every set of values (Cauchy and Schwarz).
	n, square := new(big.Int).Mul(big.NewInt(s.Finite), &m.squares), new(big.Int).Mul(&m.sum, &m.sum)
	if m.squares.Sign() < 0 || n.Cmp(square) < 0 {
		return errors.New("moments: no values have this sum and sum of squares")
	}
	return nil
}

// written is the integer in units of 2^-scale as a hexadecimal mantissa, odd
// but for 0, and a power of two.
func written(v *big.Int, scale int) string {
	if v.Sign() == 0 {
		return "0"
	}
	zeros := v.TrailingZeroBits()
	return fmt.Sprintf("%xp%d", new(big.Int).Rsh(v, zeros), int(zeros)-scale)
}

// read is the inverse of written. Lengths and exponents are bounded before
// anything is shifted, since a text of a few bytes could otherwise ask for
// gigabytes. v must be 0.
func read(v *big.Int, text string, scale int) error {
	if text == "0" {
		return nil
	}
	mantissa, power, ok := strings.Cut(text, "p")
	exponent, err := strconv.Atoi(power)
	if !ok || err != nil || len(mantissa) > maxDigits+1 || exponent < -scale || exponent > 4*maxDigits-scale {
		return fmt.Errorf("%.40q is not an exact total", text)
	}
	if _, ok := v.SetString(mantissa, 16); !ok {
		return fmt.Errorf("%.40q is not an exact total", text)
	}
	v.Lsh(v, uint(exponent+scale))
	return nil
}
