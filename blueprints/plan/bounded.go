package plan

import (
	"fmt"
	"io"
	"os"
)

// TooLargeError is something that has more bytes than are read of its kind.
type TooLargeError struct {
	What  string
	Limit int64 // in bytes
}

// Error says what and how much is read.
func (e *TooLargeError) Error() string {
	limit := fmt.Sprintf("%d bytes", e.Limit)
	for _, unit := range []struct {
		name  string
		bytes int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if e.Limit%unit.bytes == 0 {
			limit = fmt.Sprintf("%d %s", e.Limit/unit.bytes, unit.name)
			break
		}
	}
	return fmt.Sprintf("%s has more than %s, and no more is read of it", e.What, limit)
}

// ReadAll reads what the reader has, up to the limit in bytes: whatever comes
// from outside has one. What is longer is a *TooLargeError, with no more than
// the limit in memory.
func ReadAll(r io.Reader, what string, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, &TooLargeError{What: what, Limit: limit}
	}
	return b, nil
}

// ReadFile is os.ReadFile of a file that has at most so many bytes. A file that
// is larger is not begun with.
func ReadFile(path string, limit int64) (text []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	if i, err := f.Stat(); err == nil && i.Mode().IsRegular() && i.Size() > limit {
		return nil, &TooLargeError{What: path, Limit: limit}
	}
	return ReadAll(f, path, limit)
}
