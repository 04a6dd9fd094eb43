package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
)

func BenchmarkSide(b *testing.B) {
	file := "/tmp/pf/rows.csv"
	if _, err := os.Stat(file); err != nil {
		if err := generate(filepath.Clean(file), 1000000); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		var out bytes.Buffer
		if err := side(context.Background(), []string{file, "1000000", os.Getenv("MODE")}, &out); err != nil {
			b.Fatal(err)
		}
	}
}
