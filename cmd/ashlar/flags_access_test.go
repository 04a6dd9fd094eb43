package main

import (
	"encoding/json"
	"testing"
)

// accessFlags are what the flags of `ashlar access` change.
var accessFlags = map[string]verbEffects{
	"access key create": {line: "bank --endpoint e --by ada --dir $b",
		then: "access key list --dir $b;access key list --dir $c", flags: map[string]flagEffect{
			"by":       {to: "--by risk"},
			"endpoint": {line: "bank --by ada --dir $b", from: "--endpoint e", to: "--endpoint *"},
			"expires":  {from: "--expires 1ms", to: "--expires 90d"},
		}},
	"access key list": {line: "--dir $b"},
	"access key revoke": {line: "$keyb --by ada --dir $b",
		then: "model audit --dir $b;access key list --dir $c", flags: map[string]flagEffect{"by": {to: "--by risk"}}},
	"access key rotate": {line: "$keyb --by ada --dir $b", then: "access key list --dir $b;access key list --dir $c",
		flags: map[string]flagEffect{
			"by": {to: "--by risk"}, "overlap": {from: "--overlap 1ms", to: "--overlap 7d"},
			"expires": {to: "--expires 1ms"},
		}},
}

// newKeyID makes a key in the folder's registry and returns its id.
func newKeyID(t *testing.T, dir string) string {
	t.Helper()
	var made struct{ ID string }
	text := do(t, "access", "key", "create", "broker", "--endpoint", "e", "--dir", dir, "--output", "json")
	if err := json.Unmarshal([]byte(text), &made); err != nil || len(made.ID) != 16 {
		t.Fatalf("%v: %s", err, text)
	}
	return made.ID
}
