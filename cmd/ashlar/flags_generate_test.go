package main

// generateFlags are what the flags of `ashlar generate` change.
var generateFlags = map[string]verbEffects{
	"generate alerts": {line: "$b", flags: map[string]flagEffect{
		"env": {to: "--env prod"}, "namespace": {to: "--namespace loans"}, "out": {to: "--out $root/rules.yaml"},
		"pipelines": {to: "--pipelines argo"},
		"output":    {line: "$b --out $root/rules.yaml", to: "--output json"},
	}},
	"generate dashboards": {line: "$b", flags: map[string]flagEffect{
		"env": {to: "--env prod"}, "namespace": {to: "--namespace loans"}, "out": {to: "--out $root/dashboard.json"},
		"pipelines": {to: "--pipelines argo"},
		"output":    {line: "$b --out $root/dashboard.json", to: "--output json"},
	}},
	"generate delivery": {line: "oci://r.example.com/a:1 $b --for argocd", flags: map[string]flagEffect{
		"env": {to: "--env prod"}, "layer": {to: "--layer foundation"}, "provider": {to: "--provider kubernetes"},
		"config": {to: "--config a=b"}, "config-file": {to: "--config-file Pulumi.prod.yaml"},
		"values": {to: "--values values.json"},
		"from": {line: "oci://r.example.com/a:1 --for argocd", from: "--from $tools/deploy",
			to: "--from $tools/deploy2"},
		"for": {line: "oci://r.example.com/a:1 --from $tools/deploy", from: "--for flux", to: "--for argocd"},
		"out": {to: "--out $root/flux.yaml"}, "name": {to: "--name b"}, "namespace": {to: "--namespace b"},
		"key":             {line: byFlux, from: "--key $tools/bundle.pub", to: "--key $tools/other.pub"},
		"pull-secret":     {line: byFlux, to: "--pull-secret ghcr"},
		"service-account": {line: byFlux, to: "--service-account deployer"},
		"output":          {line: "oci://r.example.com/a:1 $b --for flux --out $root/flux.yaml", to: "--output json"},
	}},
	"generate preview": {line: "--for flux --repo acme/shop --from oci://r.example.com/a", flags: map[string]flagEffect{
		"for":  {line: "--repo acme/shop --from oci://r.example.com/a", from: "--for flux", to: "--for argocd"},
		"repo": {line: "--for flux --from oci://r.example.com/a --name n", from: "--repo acme/a", to: "--repo acme/b"},
		"from": {line: "--for flux --repo acme/shop", from: "--from oci://r.example.com/a",
			to: "--from oci://r.example.com/b"},
		"name": {to: "--name loans"}, "namespace": {to: "--namespace loans"}, "label": {to: "--label living"},
		"secret": {to: "--secret github"}, "every": {to: "--every 10m"}, "out": {to: "--out $root/previews.yaml"},
		"output": {line: "--for flux --repo acme/shop --from oci://r.example.com/a --out $root/p.yaml",
			to: "--output json"},
	}},
	"generate dockerfile": {line: "--pip requirements.txt train.py", flags: map[string]flagEffect{
		"ashlar": {line: "--verbose", from: "--ashlar v1.2.0", to: "--ashlar v1.3.0"},
		"base":   {to: "--base python:3.13-slim"},
		"conda":  {line: "train.py", from: "--pip requirements.txt", to: "--conda requirements.txt"},
		"name":   {to: "--name features"}, "out": {to: "--out $root/Dockerfile"}, "pip": {to: "--pip other.txt"},
		"require-hashes": {to: "--require-hashes"},
		"source":         {to: "--source code"},
		"output":         {line: "--pip requirements.txt train.py --out $root/Dockerfile", to: "--output json"},
	}},
	"generate workflows": {line: "$b --ashlar v1.2.0", flags: map[string]flagEffect{
		"ashlar": {to: "--ashlar v1.3.0"}, "check": {to: "--check"}, "for": {to: "--for gitlab"},
		"root": {to: "--root $root"},
	}},
}

// imageFlags are what the flags of `ashlar image` change.
var imageFlags = map[string]verbEffects{
	"image build": {line: "--binary $hello --out $root/image.tar", flags: map[string]flagEffect{
		"binary": {to: "--binary $tools/other"}, "platform": {to: "--platform linux/arm64"},
		"out": {to: "--out $root/other.tar"}, "name": {to: "--name runtime:1"},
	}},
	"image push": {line: "$hub/$unique:1 --binary $hello", flags: map[string]flagEffect{
		"binary": {to: "--binary $tools/other"}, "platform": {to: "--platform linux/arm64"},
		"from": {line: "$hub/$unique:2", from: "--from $tools/hello.tar", to: "--from $tools/other.tar"},
	}},
}

// byFlux delivers a small bundle with Flux.
const byFlux = "oci://r.example.com/a:1 --from $tools/deploy --for flux"

// bundleFlags are what the flags of `ashlar bundle` change. What a rendering is given
// is in its manifests: see the double of ashlar-stack.
var bundleFlags = map[string]verbEffects{
	"bundle push": {line: "oci://$hub/$unique:1 $b", flags: map[string]flagEffect{
		"env": {to: "--env prod"}, "layer": {to: "--layer foundation"}, "provider": {to: "--provider kubernetes"},
		"config": {to: "--config a=b"}, "config-file": {to: "--config-file Pulumi.prod.yaml"},
		"values": {to: "--values values.json"},
		"from":   {line: "oci://$hub/$unique:1", from: "--from $tools/deploy", to: "--from $tools/deploy2"},
		"key":    {line: "oci://$hub/$unique:1 --from $tools/deploy --output json", to: "--key $tools/bundle.key"},
	}},
	"bundle verify": {line: "oci://$hub/signed:1", flags: map[string]flagEffect{
		"key":    {from: "--key $tools/bundle.pub", to: "--key $tools/other.pub"},
		"output": {line: "oci://$hub/signed:1 --key $tools/bundle.pub", to: "--output json"},
	}},
}
