package main

import (
	"os"
	"path/filepath"
)

// projectRoot returns the folder of Pulumi.yaml: what the engine says, or the
// nearest above this one, since older language hosts start the program in the
// folder of its source and do not say.
func projectRoot(said string) string {
	if said != "" {
		return said
	}
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "Pulumi.yaml")); err == nil {
			return at
		}
		if filepath.Dir(at) == at {
			return dir
		}
	}
}
