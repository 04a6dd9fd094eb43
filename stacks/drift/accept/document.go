package accept

import (
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/edit"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// document is a blueprint that is being edited, in one environment.
type document struct {
	dir, environment string
	prefix           []string // of fields: the environment's overlay, where there are overlays
	original, files  folder
	pins             folder
	plans            map[string]*plan.Plan // of the files
}

// open reads the blueprint and its plans. Where it declares environments, the values of
// one belong into its overlay: the others do not run on that cluster.
func open(dir, environment string) (*document, error) {
	files, pins, err := readFolder(dir)
	if err != nil {
		return nil, err
	}
	_, declared, err := blueprints.Package(dir)
	if err != nil {
		return nil, err
	}
	d := &document{dir: dir, environment: environment, original: files, files: files, pins: pins}
	if len(declared) > 0 {
		d.prefix = []string{"environments", environment}
	}
	d.plans, err = d.load(files)
	return d, err
}

// load returns the plans of the blueprint with other files.
func (d *document) load(files folder) (map[string]*plan.Plan, error) {
	all := maps.Clone(files)
	maps.Copy(all, d.pins)
	return blueprints.LoadAll(all, ".")
}

// write sets the values, or returns an error and leaves the document as it was where the
// blueprint would then not mean them and nothing else. It fills in the values' files.
func (d *document) write(all []want) error {
	if p := d.plans[d.environment]; p == nil || d.environment == plan.PreviewOverlay {
		return fmt.Errorf("the blueprint declares no environment %s", d.environment)
	}
	files := d.files
	for i, one := range all {
		path := append(slices.Clone(d.prefix), strings.Split(one.origin.Field, ".")...)
		next, err := edit.Set(files, path, one.value)
		if err != nil {
			return err
		}
		all[i].file = filepath.Join(d.dir, changedFile(files, next))
		files = next
	}
	plans, err := d.load(files)
	if err != nil {
		return fmt.Errorf("the blueprint would not be sound: %w", err)
	}
	if err := means(d.plans, plans, d.environment, all); err != nil {
		return err
	}
	d.files, d.plans = files, plans
	return nil
}

// changedFile is the first file whose text differs.
func changedFile(before, after folder) string {
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if !bytes.Equal(before[name], after[name]) {
			return name
		}
	}
	return ""
}

// changed are the files that differ from what was read.
func (d *document) changed() []File {
	var out []File
	for _, name := range slices.Sorted(maps.Keys(d.files)) {
		if !bytes.Equal(d.files[name], d.original[name]) {
			out = append(out, File{d.dir, name, d.original[name], d.files[name]})
		}
	}
	return out
}
