package spill

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// appendEntry writes the entry: its key, its count and its rows as varints.
//
// Second is -1 where there is one row only, hence the 1 that is added.
func appendEntry[K Key[K]](b []byte, e Entry[K]) []byte {
	b = e.Key.append(b)
	b = binary.AppendUvarint(b, uint64(e.Count))
	b = binary.AppendUvarint(b, uint64(e.First))
	return binary.AppendUvarint(b, uint64(e.Second+1))
}

// readEntry reads what appendEntry wrote. The end of the input is unexpected.
//
// minBuffer bytes hold any key, so a key that cannot be read from them is cut
// off. Peek's error at the end of the input is kept only where the key was not
// whole.
func readEntry[K Key[K]](in *bufio.Reader) (Entry[K], error) {
	var e Entry[K]
	b, err := in.Peek(minBuffer)
	n := 0
	if e.Key, n = e.Key.read(b); n > 0 {
		_, err = in.Discard(n)
	}
	var numbers [3]uint64 // count, first, second+1
	for i := range numbers {
		if err == nil {
			numbers[i], err = binary.ReadUvarint(in)
		}
		if err == nil && numbers[i] > math.MaxInt64 {
			err = errors.New("a number is out of range")
		}
	}
	if err != nil {
		return e, noEOF(err)
	}
	e.Count, e.First, e.Second = int64(numbers[0]), int64(numbers[1]), int64(numbers[2])-1
	return e, nil
}

// noEOF makes an end of the input within an entry an error of its own.
func noEOF(err error) error {
	if err == io.EOF { //nolint:errorlint // bufio returns it bare
		return io.ErrUnexpectedEOF
	}
	return err
}

// Before and after each saved entry is a mark whether there is one more.
const (
	last = 0
	more = 1
)

// Save writes everything that the tallies counted together, for Load.
//
// The bytes depend on what was counted alone, as Each merges in the order of
// keys.
func Save[K Key[K]](ctx context.Context, w *bufio.Writer, tallies []*Tally[K]) error {
	var b []byte
	err := Each(ctx, tallies, func(e Entry[K]) error {
		b = appendEntry(append(b[:0], more), e)
		_, err := w.Write(b)
		return err
	})
	return errors.Join(err, w.WriteByte(last))
}

// Load adds to the tally what Save wrote, its rows moved up by shift, and
// returns how many values that were. Counts that no rows can have are an error.
//
// Keys must ascend strictly, as Save writes them: anything else is damage. The
// tally may spill while it loads.
func Load[K Key[K]](in *bufio.Reader, t *Tally[K], shift int64) (values int64, err error) {
	var before K
	for entries := 0; ; entries++ {
		sign, err := in.ReadByte()
		if err != nil || sign == last {
			return values, noEOF(err)
		}
		e, err := readEntry[K](in)
		if err != nil {
			return values, err
		}
		switch {
		case sign != more || entries > 0 && before.Compare(e.Key) >= 0,
			e.Count < 1 || (e.Count > 1) != (e.Second >= 0) || e.Second >= 0 && e.Second <= e.First,
			values > math.MaxInt64-e.Count || shift > math.MaxInt64-max(e.First, e.Second):
			return values, errors.New("counted values are damaged")
		}
		before = e.Key
		values += e.Count
		e.First += shift
		if e.Second >= 0 {
			e.Second += shift
		}
		if err := t.AddEntry(e); err != nil {
			return values, err
		}
	}
}
