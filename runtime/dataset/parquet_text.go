package dataset

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"github.com/ashlar-dev/ashlar/runtime/dataset/literal"
)

// render appends the value as the text that a CSV file would have.
//
// It appends to a buffer that is used again for each value. A float32 is
// written with the digits that it needs as such: 0.1 and not 0.10000000149.
func (c *cursor) render(dst []byte, v parquet.Value) []byte {
	switch v.Kind() {
	case parquet.Boolean:
		return strconv.AppendBool(dst, v.Boolean())
	case parquet.Float:
		return strconv.AppendFloat(dst, float64(v.Float()), 'g', -1, 32)
	case parquet.Double:
		return strconv.AppendFloat(dst, v.Double(), 'g', -1, 64)
	case parquet.Int32, parquet.Int64:
		return c.renderInt(dst, v)
	case parquet.Int96:
		s, _ := c.seconds(v)
		return append(dst, literal.MomentText(s, false)...)
	}
	b := v.ByteArray()
	switch {
	case c.decimal:
		return append(dst, decimalText(signed(b), c.scale)...)
	case c.uuid && len(b) == 16:
		return fmt.Appendf(dst, "%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	case c.float16 && len(b) == 2:
		return strconv.AppendFloat(dst, half(binary.LittleEndian.Uint16(b)), 'g', -1, 32)
	}
	return append(dst, b...)
}

// renderInt writes an integer by its logical type: a moment, a decimal, or
// unsigned bits of the column's width.
func (c *cursor) renderInt(dst []byte, v parquet.Value) []byte {
	if c.date || c.tick != 0 {
		s, _ := c.seconds(v)
		return append(dst, literal.MomentText(s, c.date)...)
	}
	i := int64(0)
	if v.Kind() == parquet.Int32 {
		i = int64(v.Int32())
	} else {
		i = v.Int64()
	}
	switch {
	case c.decimal:
		return append(dst, decimalText(big.NewInt(i), c.scale)...)
	case c.unsigned && v.Kind() == parquet.Int32:
		return strconv.AppendUint(dst, uint64(uint32(i)), 10)
	case c.unsigned:
		return strconv.AppendUint(dst, uint64(i), 10)
	}
	return strconv.AppendInt(dst, i, 10)
}

// signed reads a big-endian two's complement integer.
func signed(b []byte) *big.Int {
	v := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return v
}

// decimalText writes unscaled / 10^scale.
//
// Decimals are written from big integers: a float64 would lose digits of a
// DECIMAL(38). A scale beyond what the format allows is ignored rather than
// computed.
func decimalText(unscaled *big.Int, scale int) string {
	if scale <= 0 || scale > 100 {
		return unscaled.String()
	}
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	return new(big.Rat).SetFrac(unscaled, power).FloatString(scale)
}

// half converts an IEEE 754 half-precision number.
//
// An exponent of 0 is a subnormal, of 31 an infinity or NaN; all are exact in a
// float64.
func half(h uint16) float64 {
	sign, exponent, fraction := 1.0, int(h>>10&0x1f), float64(h&0x3ff)
	if h>>15 != 0 {
		sign = -1
	}
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 0x1f:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}
