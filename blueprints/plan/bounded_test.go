package plan_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// endless never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestNoMoreIsReadThanMayBe(t *testing.T) {
	for n, fine := range map[int]bool{0: true, 9: true, 10: true, 11: false, 5000: false} {
		b, err := plan.ReadAll(strings.NewReader(strings.Repeat("x", n)), "the answer", 10)
		if (err == nil) != fine || fine && len(b) != n {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	for limit, want := range map[int64]string{10: "10 bytes", 64 << 10: "64 KiB", 8 << 20: "8 MiB",
		1 << 30: "1 GiB", 1500: "1500 bytes"} {
		if _, err := plan.ReadAll(endless{}, "the answer", min(limit, 64<<10)); err == nil {
			t.Error("no error")
		}
		if got := (&plan.TooLargeError{What: "x", Limit: limit}).Error(); got != "x has more than "+want+
			", and no more is read of it" {
			t.Error(got)
		}
	}
}

func TestALargeFileCostsNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "metrics.json")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, 900<<20); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"a sparse file of 900 MB": file, "a device": "/dev/zero"} {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := plan.ReadFile(path, 1<<20)
		runtime.ReadMemStats(&after)
		var large *plan.TooLargeError
		if !errors.As(err, &large) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20 {
			t.Errorf("%s took %d MiB", name, took>>20)
		}
	}
}
