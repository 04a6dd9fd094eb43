package backup

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/store"
)

// Of a stack with 1,000 models and 10,000 objects of 64 KiB besides.
const (
	benchModels  = 1000
	benchObjects = 10_000
	benchBytes   = 64 << 10
)

// BenchmarkBackup makes a first backup, a second one that has nothing to copy, and a
// restore, of which it reports the seconds.
func BenchmarkBackup(b *testing.B) {
	s, err := openStack(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer s.registry.Close()
	for n := range benchModels {
		s.model(b, n)
	}
	source := rand.NewChaCha8([32]byte{})
	content := make([]byte, benchBytes)
	for range benchObjects {
		_, _ = source.Read(content) // it never fails
		if _, _, err := s.store.Put(b.Context(), bytes.NewReader(content)); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		place, err := store.Open(b.Context(), b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		first := s.backup(b, place)
		report(b, "first", time.Since(began), first.ObjectBytes)
		began = time.Now()
		second := s.backup(b, place)
		report(b, "second", time.Since(began), second.ObjectBytes)
		if second.Copied != 0 || first.Objects() != benchObjects+3*benchModels {
			b.Fatalf("of %d objects the second backup copied %d", first.Objects(), second.Copied)
		}
		other, err := openStack(b.Context(), b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		began = time.Now()
		if _, err := other.restore(b, place, ""); err != nil {
			b.Fatal(err)
		}
		report(b, "restore", time.Since(began), first.ObjectBytes)
		_ = other.registry.Close()
	}
}

func report(b *testing.B, what string, took time.Duration, size int64) {
	b.ReportMetric(took.Seconds(), fmt.Sprintf("s/%s", what))
	b.ReportMetric(float64(size)/1e6/took.Seconds(), fmt.Sprintf("MB/s-%s", what))
}
