package effect

// releaseEntries are of what a new version must show in traffic.
func releaseEntries() []entry {
	with := func(strategy string) []string {
		return []string{`model: "risk"}` + "\n\tslos",
			`model: "risk", traffic: requests_per_second: 2, strategy: ` + strategy + "}\n\tslos"}
	}
	canary := with(`canary: {steps: [{setWeight: 10}, {pause: "5m"}], analysis: {metrics: error_rate: <0.01, ` +
		`confidence: 0.95, min_requests: 100}}`)
	test := with(`ab: {by: "header:X-User", variants: {a: weight: 90, b: {weight: 10, version: 2}}, ` +
		`analysis: {metrics: error_rate_difference: <0.0005}}`)
	variants := func(more string) []string {
		return append([]string{`	models: risk: {`, "\tmodels: second: {dataset: \"loans\", target: \"status\", positive: \"good\", " +
			"exclude: [\"amount\"], algorithm: \"random_forest\", params: n_estimators: 3, approval: \"auto\"}\n\tmodels: risk: {"},
			with(`ab: {by: "header:X-User", seed: "spring", variants: {a: weight: 50, b: `+more+`}}`)...)
	}
	shadow := func(more string) []string { return with(`shadow: {` + more + `}`) }
	return []entry{
		{field: "#Strategy.ab.by", with: variants(`{weight: 50, model: "second"}`),
			change: []string{`header:X-User`, `header:X-Account`}, seen: answers(callers()...)},
		{field: "#Strategy.ab.seed", with: variants(`{weight: 50, model: "second"}`),
			change: []string{`"spring"`, `"summer"`}, seen: answers(callers()...)},
		{field: "#Variant.model", with: variants(`{weight: 50, model: "second"}`),
			change: []string{`50, model: "second"`, `50, version: 1`}, seen: answers(callers()...)},
		{field: "#Variant.version", with: variants(`{weight: 50, version: 1}`),
			change: []string{`50, version: 1`, `50, version: 2`}, seen: retrainedFirst(answers(callers()...))},
		{field: "#Strategy.shadow.queue", with: shadow(`queue: 20000`), change: []string{`20000`, `1`}, seen: flooded},
		{field: "#Analysis.tolerance", with: append(regression(),
			shadow(`analysis: {metrics: agreement: >=0.9, tolerance: 100000000, min_requests: 20}`)...),
			change: []string{`100000000`, `0.000001`}, seen: shadowed},
		{field: "#Variant.weight", with: test, change: []string{`weight: 90`, `weight: 80`, `weight: 10`, `weight: 20`},
			seen: verdict},
		{field: "#Endpoint.traffic.requests_per_second", with: canary,
			change: []string{`requests_per_second: 2`, `requests_per_second: 1`}, seen: verdict},
		{field: "#Analysis.metrics", with: canary, change: []string{`<0.01`, `<0.02`}, seen: verdict},
		{field: "#Analysis.confidence", with: canary, change: []string{`0.95`, `0.99`}, seen: verdict},
		{field: "#Analysis.min_requests", with: canary, change: []string{`100}`, `9000}`}, seen: verdict},
	}
}
