// Package schema is the CUE module ashlar.dev/blueprint: what a blueprint may
// say, one file a concept. It is embedded, so that a blueprint resolves with no
// registry, and it is plain CUE, so that an editor can use it too.
package schema

import "embed"

// ImportPath is what a blueprint imports.
const ImportPath = "ashlar.dev/blueprint"

// Files holds the module's .cue files.
//
//go:embed *.cue cue.mod/module.cue
var Files embed.FS
