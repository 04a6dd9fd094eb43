//go:build integration

package killed

import (
	"encoding/json"
	"testing"
)

// field is a top-level text of a JSON object.
func field(t *testing.T, object, name string) string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(object), &m); err != nil {
		t.Fatalf("%v in %s", err, object)
	}
	text, ok := m[name].(string)
	if !ok || text == "" {
		t.Fatalf("no %s in %s", name, object)
	}
	return text
}
