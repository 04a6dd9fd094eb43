package nearest

import (
	"slices"
	"strings"
	"testing"
)

func TestTheNearestNameIsTheOneThatWasMeant(t *testing.T) {
	names := []string{"Age", "Income", "Seniority", strings.Repeat("x", 10_000)}
	for word, want := range map[string]string{
		"age": "Age", "Agee": "Age", "incom": "Income", "Senority": "Seniority", "Price": "", "": "",
		strings.Repeat("x", 10_001): "",
	} {
		if got := Name(word, names); got != want {
			t.Errorf("%.20q: %.20q, want %q", word, got, want)
		}
	}
	if got := Name("gud", []string{"bad", "good"}); got != "good" {
		t.Errorf("of two that are equally near it is %q", got)
	}
	if got := Hint("agee", names); got != `did you mean "Age"?` {
		t.Error(got)
	}
	if got := Hint("nothing alike", names); got != "" {
		t.Error(got)
	}
	if got := First("incom", names); got[0] != "Income" || len(got) != len(names) ||
		!slices.Equal(names[:3], []string{"Age", "Income", "Seniority"}) {
		t.Errorf("%.40q", got)
	}
}
