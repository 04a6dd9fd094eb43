// Package dvc writes the lock of a pipeline as the dvc.lock that DVC reads.
package dvc

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/runtime/lockfile"
)

// YAML returns the lock as a dvc.lock. The same lock gives the same bytes.
func YAML(f lockfile.File) ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(f); err != nil {
		return nil, fmt.Errorf("dvc.lock: %w", err)
	}
	return b.Bytes(), nil
}
