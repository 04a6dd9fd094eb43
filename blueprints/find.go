package blueprints

import (
	"bytes"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/schema"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// maxSearchDepth is how deep below the root blueprints are looked for.
const maxSearchDepth = 3

// Find returns the folders under root, itself included, that hold a blueprint: a CUE file
// that imports the schema. Folders deeper than maxSearchDepth, hidden ones and those of
// test data are left out.
func Find(root string) ([]string, error) {
	var dirs []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			hidden := strings.HasPrefix(d.Name(), ".") && rel != "."
			if hidden || slices.Contains([]string{"testdata", "cue.mod", "node_modules"}, d.Name()) ||
				strings.Count(rel, string(filepath.Separator)) >= maxSearchDepth {
				return fs.SkipDir
			}
			return nil
		}
		dir := filepath.Dir(path)
		if filepath.Ext(path) != ".cue" || slices.Contains(dirs, dir) {
			return nil
		}
		text, err := plan.ReadFile(path, source.MaxFileBytes)
		if err == nil && bytes.Contains(text, []byte(`"`+schema.ImportPath+`"`)) {
			dirs = append(dirs, dir)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("blueprints: %w", err)
	}
	return dirs, nil
}
