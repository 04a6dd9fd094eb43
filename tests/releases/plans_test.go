package releases

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// TestPlansOfEveryReleaseAreRead decodes each plan. Encoded again it is the same bytes: a
// field that was added since is not in it, so no digest changes by an upgrade alone.
func TestPlansOfEveryReleaseAreRead(t *testing.T) {
	for name, dir := range folders(t) {
		files, err := filepath.Glob(filepath.Join(dir, "plans", "*.json"))
		if err != nil || len(files) < 5 {
			t.Fatalf("release %s: %d plans, %v", name, len(files), err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p, err := plan.Decode(bytes.NewReader(text))
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			if again, err := p.Encode(); err != nil || !bytes.Equal(again, text) {
				t.Errorf("%s: encoded again it differs: a field that was added needs omitempty, and one that is gone is still to be read (%v)", file, err)
			}
		}
	}
}
