package main

// modelFlags are what the flags of `ashlar model` change.
var modelFlags = map[string]verbEffects{
	"model approve": {line: "m 3 --by ada --dir $b", then: "model audit --dir $b;model audit --dir $c",
		flags: map[string]flagEffect{
			"by": {to: "--by risk"}, "comment": {from: "--output json", to: "--output json --comment sound"},
		}},
	"model reject": {line: "m 3 --by ada --dir $b", then: "model audit --dir $b;model audit --dir $c",
		flags: map[string]flagEffect{
			"by": {to: "--by risk"}, "comment": {from: "--output json", to: "--output json --comment unsound"},
		}},
	"model audit": {line: "--dir $b", flags: map[string]flagEffect{
		"verify": {to: "--verify"}, "export": {to: "--export $b/audit.jsonl"},
		"from": {from: "--verify", to: "--verify --from $b/audit.jsonl"},
	}},
	"model list": {line: "--dir $b"},
	"model show": {line: "m 1 --dir $b"},
	"model promote": {line: "m 1 --dir $b", flags: map[string]flagEffect{
		"env": {to: "--env dev"}, "dry-run": {to: "--dry-run"},
	}},
	"model rollback": {line: "m --dir $b", flags: map[string]flagEffect{
		"env": {to: "--env dev"}, "dry-run": {to: "--dry-run"},
	}},
	"model served-at": {line: "2999-01-01T00:00:00Z --dir $c", flags: map[string]flagEffect{
		"endpoint": {to: "--endpoint other"}, "dir": {to: "--dir $b"}, "state": {to: "--state $b/.ashlar"},
	}},
}
