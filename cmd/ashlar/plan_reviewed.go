package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ashlar-dev/ashlar/policies"
)

// maxReviewed bounds the record of a review, in bytes.
const maxReviewed = 16 << 20

// planReviewed refuses plans that are others than those that were reviewed.
func (a *app) planReviewed(dirs []string, f planFlags) error {
	reviewed, err := readReviewed(f.reviewed)
	if err != nil {
		return err
	}
	c := checker{only: f.environment, library: policies.Library{}, now: a.now()}
	found, err := c.all(dirs)
	if err != nil {
		return err
	}
	if len(found.problems) > 0 {
		return found.problems
	}
	refused := 0
	var same []checked
	for _, one := range found.checked {
		switch was, ok := reviewed[where(one)]; {
		case !ok:
			fmt.Fprintf(a.err, "%s of %s was not reviewed: %s does not name it\n", one.Environment, one.Dir, f.reviewed)
			refused++
		case was != one.Digest:
			fmt.Fprintf(a.err, "%s of %s is another plan than was reviewed: %s, reviewed was %s\n", one.Environment, one.Dir, one.Digest, was)
			refused++
		default:
			same = append(same, one)
		}
	}
	if refused > 0 {
		fmt.Fprintf(a.err, "ashlar: %s refused; review the change as it is now\n", counted(refused, "plan"))
		return silent{errFindings}
	}
	if a.json() {
		return a.writeJSON(map[string]any{"ok": true, "environments": same})
	}
	for _, one := range same {
		fmt.Fprintf(a.out, "as reviewed: %s  plan %s\n", one.Environment, one.Digest)
	}
	return nil
}

// where is what a digest is looked up by.
func where(c checked) string { return filepath.ToSlash(filepath.Clean(c.Dir)) + "\x00" + c.Environment }

// readReviewed reads what `ashlar check --output json` wrote.
func readReviewed(file string) (map[string]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("--reviewed: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(f, maxReviewed+1))
	if err != nil {
		return nil, fmt.Errorf("--reviewed: %w", err)
	}
	if len(text) > maxReviewed {
		return nil, fmt.Errorf("--reviewed %s: larger than %d bytes", file, maxReviewed)
	}
	out, err := parseReviewed(text)
	if err != nil {
		return nil, fmt.Errorf("--reviewed %s: %w", file, err)
	}
	return out, nil
}

// parseReviewed reads the digests of the plans, by where they are of.
func parseReviewed(text []byte) (map[string]string, error) {
	var record struct {
		Environments []checked `json:"environments"`
	}
	if err := json.Unmarshal(text, &record); err != nil || len(record.Environments) == 0 {
		return nil, errors.New("want what `ashlar check --output json` writes, which names at least one plan")
	}
	out := map[string]string{}
	for _, one := range record.Environments {
		if one.Digest == "" {
			return nil, fmt.Errorf("%s of %s has no digest", one.Environment, one.Dir)
		}
		if was, ok := out[where(one)]; ok && was != one.Digest {
			return nil, fmt.Errorf("%s of %s twice, with different digests", one.Environment, one.Dir)
		}
		out[where(one)] = one.Digest
	}
	return out, nil
}
