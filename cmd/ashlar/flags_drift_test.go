package main

// driftFlagEffects are what the flags of `ashlar drift` change. Those that ashlar-stack
// has, too, are handed to it; what they change there is in its own table.
var driftFlagEffects = map[string]verbEffects{
	"drift": {line: "d", flags: map[string]flagEffect{
		"env": {to: "--env prod"}, "layer": {to: "--layer foundation"}, "provider": {to: "--provider kubernetes"},
		"config": {to: "--config a=b"}, "values": {to: "--values v.json"}, "config-file": {to: "--config-file p.yaml"},
		"context": {to: "--context other"},
		"preview": {line: "--verbose", to: "--preview $tools/preview.json"},
		"class":   {to: "--class benign"},
		"issue":   {line: "d" + hub, to: "--issue"},
		"api":     {line: "d --issue --repo acme/shop", from: "--api $api", to: "--api $api2"},
		"repo":    {line: "d --issue --api $api", from: "--repo acme/shop", to: "--repo acme/other"},
	}},
}
