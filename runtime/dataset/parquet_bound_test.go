package dataset

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"
)

// claims returns files in which one length claims a gigabyte: of a text, in a
// page's header or in the footer, or of the footer itself.
func claims(whole string) []string {
	var out []string
	huge := binary.AppendUvarint(nil, 1<<30)
	for i := 4; i+len(huge) < len(whole)-8; i += 3 {
		out = append(out, whole[:i]+string(huge)+whole[i+len(huge):])
	}
	length := binary.LittleEndian.AppendUint32(nil, 1<<30)
	return append(out, whole[:len(whole)-8]+string(length)+"PAR1", whole[:len(whole)-8]+string(length)+"PARE")
}

func TestNoLengthIsAllocatedThatTheFileDoesNotHave(t *testing.T) {
	rows, _ := persons(40)
	for i, text := range claims(parquetFile(t, rows)) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := Open(context.Background(), people("mem://b/p.parquet"),
			Options{OpenBucket: func(ctx context.Context, _ string) (*blob.Bucket, error) {
				b := memblob.OpenBucket(nil)
				return b, b.WriteAll(ctx, "p.parquet", []byte(text), nil)
			}})
		for err == nil {
			_, err = r.Next()
		}
		if r != nil {
			_ = r.Close()
		}
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 128<<20 {
			t.Errorf("claim %d: %d bytes took %d MiB (%v)", i, len(text), took>>20, err)
		}
	}
}

// The page header of a column's statistics: a text of a gigabyte in field 5.8.1.
func TestAPageHeaderThatClaimsAGigabyteIsRefused(t *testing.T) {
	header := append([]byte{0x15, 6, 0x15, 72, 0x15, 72, 0x5c, 0x15, 80, 0x6c, 0x18},
		binary.AppendUvarint(nil, 1<<30)...)
	p := boundedPages{in: strings.NewReader(string(header) + strings.Repeat("x", 3000)), end: 3000}
	if err := p.check(); !errors.Is(err, errTooMuch) {
		t.Errorf("%v, want %v", err, errTooMuch)
	}
	sound := append([]byte{0x15, 6, 0x15, 20, 0x15, 20, 0x5c, 0x15, 80, 0x6c, 0x18, 2, 'a', 'b',
		0, 0, 0}, "0123456789"...)
	p = boundedPages{in: strings.NewReader(string(sound)), end: int64(len(sound))}
	if err := p.check(); err != nil || p.next != p.end {
		t.Errorf("%v at %d of %d", err, p.next, p.end)
	}
}

func FuzzThrift(f *testing.F) {
	f.Add([]byte{0x15, 6, 0x5c, 0x18, 2, 'a', 'b', 0, 0x19, 0xfc, 3, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		w := thrift{b: b, left: int64(len(b))}
		if _, err := w.fields(0); err == nil && (w.at > len(b) || w.left < 0) {
			t.Fatalf("walked to %d of %d", w.at, len(b))
		}
		_ = checkFooter(strings.NewReader(string(b)), int64(len(b)))
		_ = (&boundedPages{in: io.ReaderAt(strings.NewReader(string(b))), end: int64(len(b))}).check()
	})
}

// A page of a run of one value takes ten bytes, whatever its length.
func TestPagesHaveOnlySoManyBytesAndValues(t *testing.T) {
	page := func(unpacked, values uint64) error {
		header := append([]byte{0x15, 0, 0x15}, binary.AppendUvarint(nil, unpacked*2)...)
		header = append(append(header, 0x15), binary.AppendUvarint(nil, 20)...)
		header = append(append(append(header, 0x2c, 0x15), binary.AppendUvarint(nil, values*2)...), 0x15,
			0, 0x15, 0, 0x15, 0, 0, 0)
		whole := string(header) + "0123456789"
		return (&boundedPages{in: strings.NewReader(whole), end: int64(len(whole))}).check()
	}
	for name, c := range map[string]struct {
		unpacked, values uint64
		fine             bool
	}{
		"a usual one": {1 << 20, 20_000, true}, "one that packs well": {64 << 20, 1 << 20, true},
		"two billion values": {100, 1 << 31, false},
		"a gigabyte":         {1 << 30, 1000, false},
	} {
		if err := page(c.unpacked, c.values); (err == nil) != c.fine {
			t.Errorf("%s: %v", name, err)
		}
	}
}
