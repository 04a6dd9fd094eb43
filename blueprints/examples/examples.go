// Package examples holds three blueprints over real data, embedded so that
// `ashlar init` can start from them and every test can run them.
package examples

import "embed"

// Files holds a folder an example.
//
//go:embed credit churn concrete
var Files embed.FS

// Names are the examples, the one to start with first.
func Names() []string { return []string{"credit", "churn", "concrete"} }
