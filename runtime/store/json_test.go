package store

import (
	"errors"
	"strings"
	"testing"
)

func TestAnObjectIsDecodedWhole(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	keep := func(text string) string {
		digest, _, err := s.Put(t.Context(), strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return digest
	}
	var v struct{ Rows int }
	if err := s.GetJSON(t.Context(), keep(`{"Rows": 7}`), &v); err != nil || v.Rows != 7 {
		t.Errorf("%+v (%v)", v, err)
	}
	for _, text := range []string{`{"Rows": 7`, `{"Rows": "7"}`, ""} {
		if err := s.GetJSON(t.Context(), keep(text), &v); err == nil ||
			!strings.Contains(err.Error(), "object sha256:") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if err := s.GetJSON(t.Context(), "", &v); err == nil || errors.Is(err, ErrNotFound) {
		t.Errorf("without a digest: %v", err)
	}
	if err := s.GetJSON(t.Context(), "sha256:"+strings.Repeat("0", 64), &v); !errors.Is(err, ErrNotFound) {
		t.Errorf("an object that is not there: %v", err)
	}
}
