package main

// blueprintFlags are what the flags of verbs change that read a blueprint, or
// make one.
var blueprintFlags = map[string]verbEffects{
	"init": {line: "$root/new --from $tools/table.csv --target y --ashlar v1.2.0", flags: map[string]flagEffect{
		"example": {line: "$root/new --ashlar v1.2.0", from: "--example credit", to: "--example concrete"},
		"from":    {line: "$root/new --ashlar v1.2.0", to: "--from $tools/table.csv --target y"},
		"target":  {to: "--target a"},
		"team":    {to: "--team risk"}, "email": {to: "--email risk@example.com"}, "ashlar": {to: "--ashlar v1.3.0"},
	}},
	"check": {line: "$b", flags: map[string]flagEffect{"env": {to: "--env dev"},
		"policies": {to: "--policies $tools/packs"}}},
	"plan": {line: "$b", flags: map[string]flagEffect{
		"env": {to: "--env prod"}, "base": {to: "--base HEAD~1"}, "reviewed": {to: "--reviewed $tools/reviewed.json"},
		"prices":  {line: "$b/moved --base HEAD", to: "--prices $tools/prices.json"},
		"no-data": {line: "$b/moved --base HEAD", to: "--no-data"},
	}},
	"policy list": {line: "--dir $b", flags: map[string]flagEffect{"policies": {to: "--policies $tools/packs"}}},
	"policy show": {line: "ownb/named --dir $b",
		flags: map[string]flagEffect{"policies": {line: "org/named --dir $b", to: "--policies $tools/packs"}}},
	"policy explain": {line: "ownb/named --dir $b",
		flags: map[string]flagEffect{"policies": {line: "org/named --dir $b", to: "--policies $tools/packs"}}},
	"policy check": {line: "$tools/objects.yaml --dir $b", flags: map[string]flagEffect{
		"policies": {line: "$tools/objects.yaml --env prod --dir $b", to: "--policies $tools/packs"},
		"env":      {to: "--env prod"}, "dir": {line: "$tools/objects.yaml --env prod --dir $b", to: "--dir $c"},
	}},
	"policy test": {line: "--dir $b", flags: map[string]flagEffect{
		"policies": {line: "$tools/tight", to: "--policies $tools/packs"}, "shipped": {to: "--shipped"},
	}},
	"explain": {line: "endpoints", flags: map[string]flagEffect{"recursive": {to: "--recursive"}}},
	"schema":  {flags: map[string]flagEffect{"format": {from: "--format jsonschema", to: "--format cue"}}},
	"version": {}, "completion": {line: "bash"},
}
