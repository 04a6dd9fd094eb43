package main

// driftFlagEffects are what the flags of `ashlar drift` change. Those that ashlar-stack
// has, too, are handed to it; what they change there is in its own table.
var driftFlagEffects = map[string]verbEffects{
	"drift": {line: "d", flags: map[string]flagEffect{
		"env": {to: "--env prod"}, "layer": {to: "--layer foundation"}, "provider": {to: "--provider kubernetes"},
		"config": {to: "--config a=b"}, "values": {to: "--values v.json"}, "config-file": {to: "--config-file p.yaml"},
		"context":      {to: "--context other"},
		"preview":      {line: "--verbose", to: "--preview $tools/preview.json"},
		"class":        {to: "--class benign"},
		"issue":        {line: "d" + hub, to: "--issue"},
		"pull-request": {line: "$b --preview $tools/scaled.json" + hub, to: "--pull-request"},
		"base": {line: "$b --preview $tools/scaled.json --pull-request" + hub, from: "--base main",
			to: "--base other"},
		"api":  {line: "d --issue --repo acme/shop", from: "--api $api", to: "--api $api2"},
		"repo": {line: "d --issue --api $api", from: "--repo acme/shop", to: "--repo acme/other"},
	}},
}

// scaledPreview is the preview of a stack in which somebody has raised a bound of the
// blueprint's autoscaler.
const scaledPreview = `{"steps": [{"op": "update",
	"urn": "urn:pulumi:p::a::kubernetes:autoscaling/v2:HorizontalPodAutoscaler::e",
	"detailedDiff": {"spec.maxReplicas": {"kind": "update"}},
	"oldState": {"type": "kubernetes:autoscaling/v2:HorizontalPodAutoscaler", "outputs": {"spec": {"maxReplicas": 9}}},
	"newState": {"type": "kubernetes:autoscaling/v2:HorizontalPodAutoscaler", "inputs": {"spec": {"maxReplicas": 5},
		"metadata": {"labels": {"app.kubernetes.io/instance": "pb", "app.kubernetes.io/component": "endpoint",
			"app.kubernetes.io/name": "e", "ashlar.dev/environment": "prod"}}}}}]}`
