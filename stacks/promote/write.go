package promote

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/google/renameio/v2"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/govern"
)

// Pinning is a pin to write into a blueprint's folder.
type Pinning struct {
	Dir, Model  string
	Environment string // "" in a blueprint without environments
	Pin         plan.Pin
	Evidence    []byte // nil: the file exists already
}

// New returns the pin of the evidence, without a folder.
func New(of govern.Promotion) (w Pinning, err error) {
	w.Model, w.Environment = of.Version.Model, of.Environment
	if w.Evidence, _, err = of.Encode(); err != nil {
		return w, err
	}
	w.Pin, err = of.Pin()
	return w, err
}

// Files are the files that the pin changes, by path below the blueprint's folder.
func (w Pinning) Files() (map[string][]byte, error) {
	text, err := w.source()
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{blueprints.PinsFile: text}
	if w.Evidence != nil {
		out[EvidenceFile(w.Model, w.Pin.Version)] = w.Evidence
	}
	return out, nil
}

// source is the text of the pins with this one.
func (w Pinning) source() ([]byte, error) {
	pins, err := blueprints.ReadPins(w.Dir)
	if err != nil {
		return nil, err
	}
	pkg, declared, err := blueprints.Package(w.Dir)
	if err != nil {
		return nil, err
	}
	section := w.Environment
	if !slices.Contains(declared, section) {
		section = ""
	}
	if pins[section] == nil {
		pins[section] = map[string]plan.Pin{}
	}
	pins[section][w.Model] = w.Pin
	text, err := pins.Source(pkg)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", blueprints.PinsFile, err)
	}
	return text, nil
}

// Write writes the evidence and then the pin, and restores the pins where the
// blueprint does not load with the new one. It returns the paths of the files.
func (w Pinning) Write() ([]string, error) {
	text, err := w.source()
	if err != nil {
		return nil, err
	}
	file, evidence := filepath.Join(w.Dir, blueprints.PinsFile),
		filepath.Join(w.Dir, filepath.FromSlash(EvidenceFile(w.Model, w.Pin.Version)))
	if w.Evidence != nil {
		if err := os.MkdirAll(filepath.Dir(evidence), 0o755); err != nil {
			return nil, err
		}
		if err := renameio.WriteFile(evidence, w.Evidence, 0o644); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(sweepTemporary(w.Dir, blueprints.PinsFile),
		sweepTemporary(filepath.Dir(evidence), "")); err != nil {
		return nil, err
	}
	before, readErr := plan.ReadFile(file, blueprints.MaxPins)
	if err := renameio.WriteFile(file, text, 0o644); err != nil {
		return nil, err
	}
	if _, err := blueprints.LoadDir(w.Dir, w.Environment); err != nil {
		undo := os.Remove(file)
		if readErr == nil {
			undo = renameio.WriteFile(file, before, 0o644)
		}
		if undo != nil {
			return nil, fmt.Errorf("the pin does not load: %w; and what was there could not be put back: %w", err, undo)
		}
		return nil, fmt.Errorf("the pin does not load and was reverted: %w", err)
	}
	return []string{blueprints.PinsFile, EvidenceFile(w.Model, w.Pin.Version)}, nil
}

// temporary is what a file is called while it is written: a dot, its name and a
// number.
var temporary = regexp.MustCompile(`^\.(.+\.(?:cue|json))[0-9]+$`)

// sweepTemporary removes what a promotion that was killed has left in the folder
// of the named file, or of any where the name is empty.
func sweepTemporary(dir, name string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		m := temporary.FindStringSubmatch(e.Name())
		if m == nil || name != "" && m[1] != name || !e.Type().IsRegular() {
			continue
		}
		if rerr := os.Remove(filepath.Join(dir, e.Name())); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
	}
	return err
}
