package promote

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWhatAKilledPromotionLeftIsTakenAway(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"pins.cue", ".pins.cue123456", ".pins.cue", ".other.cue42",
		".gitignore", "notes.cue1"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := sweepTemporary(dir, "pins.cue"); err != nil {
		t.Fatal(err)
	}
	for name, kept := range map[string]bool{"pins.cue": true, ".pins.cue123456": false, ".pins.cue": true,
		".other.cue42": true, ".gitignore": true, "notes.cue1": true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != kept {
			t.Errorf("%s is there: %v", name, err == nil)
		}
	}
	if err := sweepTemporary(filepath.Join(dir, "evidence"), ""); err != nil {
		t.Errorf("a folder that is not there: %v", err)
	}
	if err := sweepTemporary(dir, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, ".other.cue42")); err == nil {
		t.Error("in the folder of evidence any is taken away")
	}
}
