package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/release"
	"github.com/ashlar-dev/ashlar/stacks/local"
)

// releaseFlags are what the flags of `ashlar release` change.
var releaseFlags = map[string]verbEffects{
	"release status": {line: "$c", flags: map[string]flagEffect{
		"endpoint": {to: "--endpoint f"}, "env": {to: "--env pr-12"}, "state": {to: "--state $b/.ashlar"},
		"registry": {line: "--endpoint e", from: "--registry $pg", to: "--registry $pg/other"},
	}},
	"release promote": {line: "$c --endpoint e --by ada", then: "model audit --dir $c", flags: map[string]flagEffect{
		"endpoint": {to: "--endpoint f"}, "env": {to: "--env pr-12"}, "state": {to: "--state $b/.ashlar"},
		"registry": {line: "--endpoint e", from: "--registry $pg", to: "--registry $pg/other"},
		"full":     {to: "--full"}, "by": {to: "--by grace"},
	}},
	"release abort": {line: "$c --endpoint e --by ada", then: "model audit --dir $c", flags: map[string]flagEffect{
		"endpoint": {to: "--endpoint f"}, "env": {to: "--env pr-12"}, "state": {to: "--state $b/.ashlar"},
		"registry": {line: "--endpoint e", from: "--registry $pg", to: "--registry $pg/other"},
		"reason":   {to: "--reason doubts"}, "by": {to: "--by grace"},
	}},
	"release retry": {line: "$c --endpoint e --by ada", then: "model audit --dir $c", flags: map[string]flagEffect{
		"endpoint": {to: "--endpoint f"}, "env": {to: "--env pr-12"}, "state": {to: "--state $b/.ashlar"},
		"registry": {line: "--endpoint e", from: "--registry $pg", to: "--registry $pg/other"},
		"by":       {to: "--by grace"},
	}},
}

// releasing puts releases into a state: one under way at each endpoint, after one
// that was aborted.
func releasing(t *testing.T, state *local.State, endpoints ...string) {
	t.Helper()
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	ten := 10
	strategy := plan.Strategy{Canary: &plan.Canary{Steps: []plan.Step{{SetWeight: &ten}, {Pause: "5m"}}}}
	for i, name := range endpoints {
		s := release.State{Endpoint: name, Stable: release.Version{Model: "m", Version: 1, Digest: "sha256:1"}}
		for n := range 2 {
			to := release.Version{Model: "m", Version: 2 + n + 2*i, Digest: "sha256:2"}
			if _, err := s.Wants(strategy, to, noon); err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				if err := s.Current.Abort(noon, "", "agreement: 0.2 is too little"); err != nil {
					t.Fatal(err)
				}
			}
		}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := state.Store.PutRef(t.Context(), "releases/"+name, text); err != nil {
			t.Fatal(err)
		}
	}
}
