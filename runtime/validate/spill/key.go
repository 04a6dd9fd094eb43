package spill

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math"
)

// Key is what a Tally counts: fixed in size in memory, and ordered.
type Key[K any] interface {
	comparable
	Compare(K) int
	append(b []byte) []byte
	read(b []byte) (k K, n int) // of the n bytes that append wrote; 0 are too few
}

// Number is the key of a float64. Keys are in the order of the numbers, and
// both zeros have one key.
type Number uint64

// NumberOf returns the key of a value that is not NaN.
func NumberOf(v float64) Number {
	b := math.Float64bits(v + 0) // -0 + 0 is +0
	return Number(b ^ (uint64(int64(b)>>63) | 1<<63))
}

// Value returns the number.
func (k Number) Value() float64 {
	b := uint64(k)
	return math.Float64frombits(b ^ (uint64(int64(^b)>>63) | 1<<63))
}

// Compare orders keys as their numbers.
func (k Number) Compare(other Number) int {
	switch {
	case k < other:
		return -1
	case k > other:
		return 1
	}
	return 0
}

func (k Number) append(b []byte) []byte { return binary.BigEndian.AppendUint64(b, uint64(k)) }
func (Number) read(b []byte) (Number, int) {
	if len(b) < 8 {
		return 0, 0
	}
	return Number(binary.BigEndian.Uint64(b)), 8
}

// Text is the key of any bytes: their number and themselves up to 63 of them;
// of more, the first 31 and their SHA-256. Its order means nothing.
type Text [64]byte

const (
	longText  = 0xff // in place of the number of bytes
	longShown = 31
)

// TextOf returns the key of the bytes.
//
// The key is fixed in size, so a tally is one slice without pointers, which the
// garbage collector does not look into. Two different texts have one key only
// where SHA-256 collides.
func TextOf(b []byte) Text {
	var k Text
	if len(b) < len(k) {
		k[0] = byte(len(b))
		copy(k[1:], b)
		return k
	}
	k[0] = longText
	copy(k[1:], b[:longShown])
	sum := sha256.Sum256(b)
	copy(k[1+longShown:], sum[:])
	return k
}

// Bytes returns the bytes, and whether those are all or the first 31 only.
func (k Text) Bytes() (b []byte, whole bool) {
	if k[0] == longText {
		return k[1 : 1+longShown], false
	}
	return k[1 : 1+k[0]&63], true
}

// Compare orders keys by their bytes.
func (k Text) Compare(other Text) int { return bytes.Compare(k[:], other[:]) }

// width is how many bytes of a key with that first byte count.
//
// The mask keeps a damaged first byte from reaching beyond the key.
func (k Text) width(first byte) int {
	if first == longText {
		return len(k)
	}
	return 1 + int(first&63)
}

func (k Text) append(b []byte) []byte { return append(b, k[:k.width(k[0])]...) }

func (k Text) read(b []byte) (Text, int) {
	if len(b) == 0 || len(b) < k.width(b[0]) {
		return k, 0
	}
	n := copy(k[:], b[:k.width(b[0])])
	return k, n
}
