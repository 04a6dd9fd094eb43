package main

// adoptFlagEffects are what the flags of `ashlar adopt` change. Those that ashlar-stack
// has, too, are handed to it; what they change there is in its own table.
var adoptFlagEffects = map[string]verbEffects{
	"adopt": {line: "d", flags: map[string]flagEffect{
		"env": {to: "--env prod"}, "provider": {to: "--provider kubernetes"},
		"config": {to: "--config a=b"}, "values": {to: "--values v.json"}, "config-file": {to: "--config-file p.yaml"},
		"context": {to: "--context other"},
		"write":   {line: "d --config-file $tools/Pulumi.prod.yaml", to: "--write"},
	}},
}
