package docs

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// maxPicture bounds a picture of the documentation in bytes: a clone has every version.
const maxPicture = 250_000

// TestPicturesAreSmallAndShown wants each picture to be a PNG that some page shows.
func TestPicturesAreSmallAndShown(t *testing.T) {
	folder := filepath.Join(root, "docs", "images")
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > maxPicture || !bytes.HasPrefix(text, []byte("\x89PNG\r\n")) {
			t.Errorf("docs/images/%s has %d bytes, at most %d of a PNG", e.Name(), len(text), maxPicture)
		}
		if !strings.Contains(string(readme), "](docs/images/"+e.Name()+")") {
			t.Errorf("README.md does not show docs/images/%s", e.Name())
		}
	}
}
