// Package examples holds blueprints over real data, embedded so that
// `ashlar init` can start from them and every test can run them.
package examples

import "embed"

// Files holds a folder an example.
//
//go:embed credit churn concrete concrete-xgboost
var Files embed.FS

// Names are the examples that need nothing but Ashlar, the one to start with
// first.
func Names() []string { return []string{"credit", "churn", "concrete"} }

// All are the examples with the one that needs Python and XGBoost.
func All() []string { return append(Names(), "concrete-xgboost") }
