package main

// runFlags are what the flags of verbs change that run pipelines, show runs and
// look after what they left.
var runFlags = map[string]verbEffects{
	"up": {line: "$b --build", then: "runs list --dir $b", flags: map[string]flagEffect{
		"env": {to: "--env prod"}, "state": {to: "--state $root/new"}, "as": {to: "--as grace"},
		"build": {line: "$b --once", to: "--build"}, "once": {line: "$b", from: "--build", to: "--once"},
		"listen":      {line: "$b --once", to: "--listen $taken"},
		"listen-page": {line: "$b --once", to: "--listen-page $taken"},
		"host":        {line: "$b --env prod --listen 127.0.0.1:0 visited", to: "--host models.example"},
		"tls-cert":    {line: "$b --env prod --once", to: "--tls-cert none"},
		"tls-key":     {line: "$b --env prod --once", to: "--tls-key none"},
		"client-ca":   {line: "$b --env prod --once", to: "--client-ca none"},
		"workers":     {line: "$b --build --verbose", from: "--workers 1", to: "--workers 2"},
	}},
	"pipeline list": {line: "--dir $b", flags: map[string]flagEffect{
		"env": {to: "--env prod"},
	}},
	"pipeline show": {line: "extra --dir $b --env prod", flags: map[string]flagEffect{"env": {to: "--env dev"}}},
	"pipeline logs": {line: "extra make --dir $b --env prod", flags: map[string]flagEffect{"env": {to: "--env dev"}}},
	"pipeline get": {line: "extra made.txt --to $root/a --dir $b --env prod",
		flags: map[string]flagEffect{"env": {to: "--env dev"}, "to": {to: "--to $root/b/z"}}},
	"pipeline lock": {line: "extra --dir $b --env prod", flags: map[string]flagEffect{"env": {to: "--env dev"}}},
	"pipeline run": {line: "work --dir $b", then: "runs list --dir $b", flags: map[string]flagEffect{
		"env": {line: "extra --dir $b", to: "--env prod"}, "as": {to: "--as grace"}, "force": {to: "--force"},
		"through": {to: "--through day"},
		"date":    {to: "--date 2026-11-01"}, "state": {to: "--state $root/new"},
	}},
	"pipeline backfill": {line: "work --from 2026-11-01 --to 2026-11-02 --dir $b", then: "runs list --dir $b",
		flags: map[string]flagEffect{
			"env": {line: "l --from 2026-11-01 --to 2026-11-03 --dir $b", to: "--env prod"}, "as": {to: "--as grace"},
			"state": {to: "--state $root/new"},
			"from":  {to: "--from 2026-11-02"}, "to": {to: "--to 2026-11-03"},
		}},
	"runs list": {line: "--dir $b", flags: map[string]flagEffect{"model": {to: "--model work"},
		"limit": {to: "--limit 1"}}},
	"runs show": {line: "last --dir $b",
		flags: map[string]flagEffect{"model": {to: "--model work"}, "limit": {line: "$run --dir $b", to: "--limit 1"}}},
	"runs compare": {line: "last $run --dir $b",
		flags: map[string]flagEffect{"model": {to: "--model work"}, "limit": {to: "--limit 1"}}},
	"runs cancel": {line: "99991230 --model m --dir $c", flags: map[string]flagEffect{
		"model": {to: "--model work"}, "limit": {to: "--limit 1"}, "by": {to: "--by grace"}, "dir": {to: "--dir $b"},
		"state": {to: "--state $b/.ashlar"},
	}},
	"preview list":   {line: "--dir $b", flags: previewFlagEffects("")},
	"preview remove": {line: "12 --dir $b", then: "preview list --dir $b", flags: previewFlagEffects("12 ")},
	"preview show": {line: "$b/kept/stack.json",
		flags: map[string]flagEffect{"url": {to: "--url https://ENDPOINT.example.com"}}},
	"store gc": {line: "--keep 1ms --grace 1ms --dir $c", flags: map[string]flagEffect{
		"keep": {to: "--keep 90d"}, "grace": {to: "--grace 24h"}, "dry-run": {to: "--dry-run"}, "dir": {to: "--dir $b"},
		"state": {to: "--state $b/.ashlar"},
	}},
	"backup": {line: "$away $b", then: "restore $away --list", flags: map[string]flagEffect{
		"keep":  {to: "--keep 1"},
		"state": {line: "$away", from: "--state $b/.ashlar", to: "--state $c/.ashlar"},
		"store": {to: "--store $c/.ashlar/store"}, "registry": {line: "$away --store $b/.ashlar/store",
			from: "--registry $pg", to: "--registry $pg/other"},
	}},
	"restore": {line: "$away $root/new", then: "model audit --dir $root/new", flags: map[string]flagEffect{
		"at": {to: "--at $first"}, "list": {to: "--list"}, "verify": {to: "--verify"},
		"state": {line: "$away", from: "--state $root/new/.ashlar", to: "--state $root/other/.ashlar"},
		"store": {to: "--store $root/other"}, "registry": {line: "$away --store $root/new/.ashlar/store",
			from: "--registry $pg", to: "--registry $pg/other"},
	}},
	"store retain": {line: "--dir $b", then: "model audit --dir $b", flags: map[string]flagEffect{
		"as": {to: "--as grace"}, "dry-run": {to: "--dry-run"}, "env": {to: "--env prod"},
	}},
}

// previewFlagEffects are those of the verbs about previews, which have the same flags.
func previewFlagEffects(number string) map[string]flagEffect {
	kept := number + "--store $b/kept"
	return map[string]flagEffect{
		"state":    {line: number + "--dir $c", to: "--state $b/.ashlar"},
		"name":     {line: kept, from: "--name shop", to: "--name other"},
		"store":    {line: number + "--name shop", from: "--store $b/kept", to: "--store $c/none"},
		"registry": {line: number + "--name shop", from: "--registry $pg", to: "--registry $pg/other"},
		"context":  {line: kept + " --name shop", to: "--context no-such-context"},
	}
}
