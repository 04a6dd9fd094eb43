package dataset

import (
	"bytes"
	"compress/gzip"
	"runtime"
	"strings"
	"testing"
)

// packed is n bytes of the same rows, compressed.
func packed(t *testing.T, n int) string {
	t.Helper()
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.DefaultCompression)
	if err != nil {
		t.Fatal(err)
	}
	chunk := []byte(strings.Repeat("1,1\n", 1<<16))
	_, err = z.Write([]byte("c0,c1\n"))
	for ; n > 0 && err == nil; n -= len(chunk) {
		_, err = z.Write(chunk)
	}
	if err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAFileThatUnpacksToTooMuchIsRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 64 MiB")
	}
	dir := write(t, map[string]string{"bomb.csv.gz": packed(t, 72<<20), "fine.csv.gz": packed(t, 1<<20)})
	read := func(name string) error {
		r, err := Open(t.Context(), texts(name, 2), Options{Dir: dir})
		if err != nil {
			return err
		}
		for err == nil {
			_, err = r.Next()
		}
		_ = r.Close()
		return err
	}
	if err := read("fine.csv.gz"); err == nil || err.Error() != "EOF" {
		t.Errorf("a file that packs well: %v", err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	err := read("bomb.csv.gz")
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "unpacks to more than 200 times") ||
		!strings.Contains(err.Error(), "bomb.csv.gz") {
		t.Errorf("%v", err)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 128<<20 {
		t.Errorf("it left %d MiB behind", grown>>20)
	}
}
