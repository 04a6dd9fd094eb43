package main

import (
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func BenchmarkAnalyze(b *testing.B) {
	a := newAnalyzer(b.TempDir(), none, time.Now, func() {})
	s, err := marshal(props(sound()), "urn")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := a.Analyze(b.Context(),
			&pulumirpc.AnalyzeRequest{Type: database, Name: "n", Properties: s}); err != nil {
			b.Fatal(err)
		}
	}
}
