package object

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// The forms of Kubernetes' documentation of labels.
var (
	valueForm = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$`)
	keyForm   = regexp.MustCompile(`^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`)
)

func TestLabelsHaveTheDocumentedForms(t *testing.T) {
	texts := []string{"", "/", "a/", "/a", "a/b", "a/b/c", "A/b", "a\n", "\na", "a.b/c", "-", "é", "a/é"}
	for _, n := range []int{62, 63, 64, 252, 253, 254} {
		long := strings.Repeat("a", n)
		texts = append(texts, long, long+"/b", "b/"+long, long[1:]+"-", "-"+long[1:])
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		text := make([]byte, r.IntN(6))
		for i := range text {
			text[i] = "aZ09.-_/\n é"[r.IntN(12)]
		}
		texts = append(texts, string(text))
	}
	for _, text := range texts {
		if got, want := isValue(text), valueForm.MatchString(text); got != want {
			t.Errorf("value %q: %v", text, got)
		}
		if got, want := isKey(text), keyForm.MatchString(text); got != want {
			t.Errorf("key %q: %v", text, got)
		}
	}
}
