package main

import "maps"

// onGitHub adds the flags that every verb of `ashlar github` has.
func onGitHub(flags map[string]flagEffect) map[string]flagEffect {
	out := map[string]flagEffect{"api": {to: "--api $api2"}, "repo": {to: "--repo acme/other"}}
	maps.Copy(out, flags)
	return out
}

const hub = " --api $api --repo acme/shop"

// githubFlags are what the flags of `ashlar github` change.
var githubFlags = map[string]verbEffects{
	"github approvals": {line: "m 2 --pr 1 --dir $b" + hub, then: "model audit --dir $b;model audit --dir $c",
		flags: onGitHub(map[string]flagEffect{
			"pr": {to: "--pr 2"}, "as": {to: "--as linus=risk"},
			"team":     {line: "m 2 --pr 2 --dir $b" + hub, to: "--team risk=risk"},
			"registry": {line: "m 2 --pr 1" + hub, from: "--dir $b", to: "--registry $pg"},
		})},
	"github bootstrap": {line: "$b" + hub, flags: onGitHub(map[string]flagEffect{
		"apply": {to: "--apply"}, "branch": {to: "--branch trunk"}, "reviewer": {to: "--reviewer ada"},
		"var": {to: "--var AWS_REGION=eu-west-1"},
	})},
	"github check": {line: "$b --sha c0" + hub, flags: onGitHub(map[string]flagEffect{
		"env": {to: "--env dev"}, "name": {to: "--name other"}, "sha": {to: "--sha c9"},
	})},
	"github comment": {line: "$tools/comment.md --pr 1" + hub,
		flags: onGitHub(map[string]flagEffect{"key": {to: "--key other"}, "pr": {to: "--pr 2"}})},
	"github dispatch": {line: hub, flags: onGitHub(map[string]flagEffect{
		"branch": {to: "--branch trunk"}, "env": {to: "--env dev"}, "workflow": {to: "--workflow other.yml"},
	})},
	"github issue": {line: "$tools/comment.md --title One" + hub,
		flags: onGitHub(map[string]flagEffect{"title": {to: "--title Other"}})},
	"github promote": {line: "m 1 --dir $b" + hub, flags: onGitHub(map[string]flagEffect{
		"base": {to: "--base trunk"}, "dry-run": {to: "--dry-run"}, "env": {to: "--env dev"},
		"state":    {to: "--state $c/.ashlar --env dev"},
		"registry": {line: "m 1 --env prod --dir $b" + hub, to: "--registry $pg"},
	})},
}
