package review

import (
	"encoding/json"
	"maps"
	"testing"
)

// FuzzReviewed: a record that is read has a digest for each plan that it names, and
// says the same when it is written down again.
func FuzzReviewed(f *testing.F) {
	for _, seed := range []string{
		`{"environments": [{"dir": ".", "environment": "dev", "digest": "sha256:x"}]}`,
		`{"environments": []}`, `{}`, `[]`, `null`, ``,
		`{"environments": [{"dir": "a", "environment": "dev", "digest": "x"}, {"dir": "./a/", "environment": "dev", "digest": "y"}]}`,
		`{"environments": [{"dir": "a\u0000dev", "environment": "", "digest": "x"}]}`,
		`{"environments": [{"dir": ".", "environment": "dev"}]} trailing`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := parseReviewed(text)
		if err != nil {
			return
		}
		var environments []map[string]string
		for at, digest := range got {
			environments = append(environments,
				map[string]string{"dir": at.Dir, "environment": at.Environment, "digest": digest})
		}
		again, err := json.Marshal(map[string]any{"environments": environments})
		if err != nil {
			t.Fatal(err)
		}
		if other, err := parseReviewed(again); err != nil || !maps.Equal(got, other) {
			t.Errorf("%v, then %v (%v)", got, other, err)
		}
		for at, digest := range got {
			if digest == "" {
				t.Errorf("%q is taken for reviewed without a digest", at)
			}
		}
	})
}
