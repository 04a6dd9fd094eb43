package plan

import (
	"strings"
	"testing"
)

func TestFeeds(t *testing.T) {
	for _, c := range []struct {
		made, source string
		want         bool
	}{
		{"out/a.csv", "out/a.csv", true}, {"out", "out/a.csv", true}, {"out", "out/part-*.csv", true},
		{"data/part-1.csv", "data/part-*.csv", true},
		{"out", "out/*/x.csv", true}, {"out/a", "out/*/x.csv", true}, {"a.csv", "*.csv", true},
		{"out/a.csv", "./out/a.csv", true},
		{"out/b.csv", "out/a.csv", false}, {"data/notes.txt", "data/part-*.csv", false}, {"model.json", "*.csv", false},
		{"out", "s3://out/a.csv", false},
	} {
		if got := Feeds(c.made, c.source); got != c.want {
			t.Errorf("%s feeds %s: %v", c.made, c.source, got)
		}
	}
}

// Stages that each make one file of a pattern come before ingest, as one that
// makes the whole folder does.
func TestADatasetOfAPatternWaitsForItsMakers(t *testing.T) {
	p := &Plan{
		Datasets: map[string]Dataset{"d": {Source: "data/part-*.csv"}}, Models: map[string]Model{"m": {Dataset: "d"}},
		Pipelines: map[string]Pipeline{"l": {Model: "m", Stages: map[string]Stage{
			"one": {Outs: []string{"data/part-1.csv"}}, "two": {Outs: []string{"data/part-2.csv"}},
			"other": {Outs: []string{"data/notes.txt"}},
		}}},
	}
	nodes, err := p.Graph("l")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		if after := strings.Join(n.After, " "); n.Name == StageIngest && after != "one two" {
			t.Errorf("ingest comes after %q", after)
		}
	}
}
