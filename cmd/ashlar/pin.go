package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/renameio/v2"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/source"
	"github.com/ashlar-dev/ashlar/runtime/govern"
)

// evidenceFile is where the evidence of a promotion lies, below the blueprint.
func evidenceFile(model string, version int) string {
	return filepath.Join("evidence", fmt.Sprintf("%s-%d.json", model, version))
}

// readEvidence reads the evidence that the pin names and holds it against it.
func readEvidence(dir, model string, pin plan.Pin) (govern.Promotion, error) {
	name := evidenceFile(model, pin.Version)
	f, err := source.Below(dir).Open(filepath.ToSlash(name)) // whoever proposes the pin chooses what links name
	if err != nil {
		return govern.Promotion{}, fmt.Errorf("the evidence %s cannot be read: %w", filepath.ToSlash(name), err)
	}
	defer func() { _ = f.Close() }() // only read
	p, digest, err := govern.DecodePromotion(f)
	if err != nil {
		return p, fmt.Errorf("the evidence %s is damaged: %w", filepath.ToSlash(name), err)
	}
	if digest != pin.Evidence {
		return p, fmt.Errorf("the evidence %s is %s, the pin names %s", filepath.ToSlash(name), shortDigest(digest), shortDigest(pin.Evidence))
	}
	wrong := govern.Differences(pin, p.Version)
	if pin.Plan != p.Version.PlanDigest {
		wrong = append(wrong, fmt.Sprintf("its plan is %s, pinned is %s", shortDigest(p.Version.PlanDigest), shortDigest(pin.Plan)))
	}
	if p.Version.Model != model || p.Version.Version != pin.Version {
		wrong = append(wrong, fmt.Sprintf("it is of %s version %d", p.Version.Model, p.Version.Version))
	}
	if len(wrong) > 0 {
		return p, fmt.Errorf("the evidence %s is of another version: %s", filepath.ToSlash(name), strings.Join(wrong, ", "))
	}
	return p, nil
}

// promotable holds the version that the evidence is of against the plan as it
// is now: its approvals, its gates, and the policies about evidence.
func promotable(p *plan.Plan, of govern.Promotion, now time.Time) (govern.Verdict, error) {
	rules, err := govern.NewRules(p)
	if err != nil {
		return govern.Verdict{}, err
	}
	v := of.Version
	m := p.Models[v.Model]
	verdict, err := govern.Asked{Model: v.Model, Approval: m.Approval, Rules: rules, Now: now}.Judge(v)
	for _, gate := range govern.Unmet(m.Require, v) {
		verdict.Reasons = append(verdict.Reasons, "does not meet today's gates: "+gate)
	}
	return verdict, err
}

// pinning is a pin that is to be written into the repository around dir.
type pinning struct {
	dir, model  string
	environment string // "" of a blueprint that declares none
	pin         plan.Pin
	evidence    []byte // nil: it is there already
}

// files are what the pin comes to, by path below the blueprint's folder.
func (w pinning) files() (map[string][]byte, error) {
	text, err := w.source()
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{blueprints.PinsFile: text}
	if w.evidence != nil {
		out[filepath.ToSlash(evidenceFile(w.model, w.pin.Version))] = w.evidence
	}
	return out, nil
}

// source is the text of the pins with this one.
func (w pinning) source() ([]byte, error) {
	pins, err := blueprints.ReadPins(w.dir)
	if err != nil {
		return nil, err
	}
	pkg, declared, err := blueprints.Package(w.dir)
	if err != nil {
		return nil, err
	}
	section := w.environment
	if !slices.Contains(declared, section) {
		section = ""
	}
	if pins[section] == nil {
		pins[section] = map[string]plan.Pin{}
	}
	pins[section][w.model] = w.pin
	text, err := pins.Source(pkg)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", blueprints.PinsFile, err)
	}
	return text, nil
}

// write puts the evidence and then the pin in place, and takes the pin back
// where the blueprint cannot be loaded with it. It returns the files.
func (w pinning) write() ([]string, error) {
	text, err := w.source()
	if err != nil {
		return nil, err
	}
	file, evidence := filepath.Join(w.dir, blueprints.PinsFile), filepath.Join(w.dir, evidenceFile(w.model, w.pin.Version))
	if w.evidence != nil {
		if err := os.MkdirAll(filepath.Dir(evidence), 0o755); err != nil {
			return nil, err
		}
		if err := renameio.WriteFile(evidence, w.evidence, 0o644); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(sweepTemporary(w.dir, blueprints.PinsFile), sweepTemporary(filepath.Dir(evidence), "")); err != nil {
		return nil, err
	}
	before, readErr := plan.ReadFile(file, blueprints.MaxPins)
	if err := renameio.WriteFile(file, text, 0o644); err != nil {
		return nil, err
	}
	if _, err := blueprints.LoadDir(w.dir, w.environment); err != nil {
		undo := os.Remove(file)
		if readErr == nil {
			undo = renameio.WriteFile(file, before, 0o644)
		}
		if undo != nil {
			return nil, fmt.Errorf("the pin does not load: %w; and what was there could not be put back: %w", err, undo)
		}
		return nil, fmt.Errorf("the pin does not load, and was taken back: %w", err)
	}
	return []string{blueprints.PinsFile, filepath.ToSlash(evidenceFile(w.model, w.pin.Version))}, nil
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
