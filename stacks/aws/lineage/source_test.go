package lineage

import (
	"fmt"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestSourcesAreReadAsThePlanWritesThem(t *testing.T) {
	for text, want := range map[string]string{
		"data/a.csv":                    "/data/a.csv false",
		"./data/../data/a.csv":          "/data/a.csv false",
		"data/2024-*.csv":               "/data/2024- true",
		"data/part-?.csv":               "/data/part- true",
		"s3://corp/a/b.parquet":         "corp/a/b.parquet false",
		"s3://corp/a/*.csv?region=x":    "corp/a/ true",
		"s3://corp/a.csv?region=eu-*-1": "corp/a.csv false",
	} {
		s, ok := SourceOf(plan.Dataset{Source: text})
		if got := fmt.Sprintf("%s/%s %t", s.Bucket, s.Key, s.Glob); !ok || got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"file:///srv/a.csv", "gs://bucket/a.csv", "mem://x"} {
		if _, ok := SourceOf(plan.Dataset{Source: text}); ok {
			t.Errorf("%s is nowhere that a pod reaches", text)
		}
	}
}
