package local

import (
	"path/filepath"
	"testing"
)

func TestAPreviewHasAStateOfItsOwn(t *testing.T) {
	for _, test := range []struct{ explicit, environment, want string }{
		{"", "", filepath.Join("a", ".ashlar")},
		{"", "prod", filepath.Join("a", ".ashlar")},
		{"", "pr-12", filepath.Join("a", ".ashlar", "previews", "pr-12")},
		{"", "pr-012", filepath.Join("a", ".ashlar")},
		{"other", "pr-12", "other"},
	} {
		if got := StateOf("a", test.explicit, test.environment); got != test.want {
			t.Errorf("%q in %q: %s, want %s", test.explicit, test.environment, got, test.want)
		}
	}
}
