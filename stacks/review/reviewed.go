package review

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// maxReviewed bounds the record of a review, in bytes.
const maxReviewed = 16 << 20

// Place is where a plan is of.
type Place struct{ Dir, Environment string }

// PlaceOf is the place of a folder's environment; folders that are the same are
// the same place.
func PlaceOf(dir, environment string) Place {
	return Place{Dir: filepath.ToSlash(filepath.Clean(dir)), Environment: environment}
}

// ReadReviewed reads a file that `ashlar check --output json` wrote, and returns
// the digests of the plans by their place.
func ReadReviewed(file string) (map[Place]string, error) {
	text, err := plan.ReadFile(file, maxReviewed)
	if err != nil {
		return nil, err
	}
	out, err := parseReviewed(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return out, nil
}

// parseReviewed reads the part of the record that is needed; other fields may be
// added to it without breaking this. A plan without a digest could not be compared
// with what was reviewed, so it is an error.
func parseReviewed(text []byte) (map[Place]string, error) {
	var record struct {
		Environments []struct {
			Dir         string `json:"dir"`
			Environment string `json:"environment"`
			Digest      string `json:"digest"`
		} `json:"environments"`
	}
	if err := json.Unmarshal(text, &record); err != nil || len(record.Environments) == 0 {
		return nil, errors.New("want what `ashlar check --output json` writes, which names at least one plan")
	}
	out := map[Place]string{}
	for _, one := range record.Environments {
		if one.Digest == "" {
			return nil, fmt.Errorf("%s of %s has no digest", one.Environment, one.Dir)
		}
		place := PlaceOf(one.Dir, one.Environment)
		if was, ok := out[place]; ok && was != one.Digest {
			return nil, fmt.Errorf("%s of %s twice, with different digests", one.Environment, one.Dir)
		}
		out[place] = one.Digest
	}
	return out, nil
}
