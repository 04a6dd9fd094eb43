// Package schema is the CUE module ashlar.dev/policy: what a policy pack may
// say. It is embedded, so that a pack resolves with no registry, and it is plain
// CUE, so that an editor can use it too.
package schema

import "embed"

// ImportPath is what a pack imports.
const ImportPath = "ashlar.dev/policy"

// Files holds the module's .cue files.
//
//go:embed *.cue cue.mod/module.cue
var Files embed.FS
