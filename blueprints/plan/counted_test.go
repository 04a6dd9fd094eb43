package plan

import "testing"

func TestCountedWritesRegularPlurals(t *testing.T) {
	for noun, want := range map[string]string{"retry": "2 retries", "entry": "2 entries", "day": "2 days",
		"class": "2 classes", "batch": "2 batches", "row": "2 rows", "unknown category": "2 unknown categories"} {
		if got := Counted(2, noun); got != want {
			t.Errorf("2 of %s are %q, want %q", noun, got, want)
		}
		if got := Counted(int64(1), noun); got != "1 "+noun {
			t.Errorf("1 of %s is %q", noun, got)
		}
	}
}
