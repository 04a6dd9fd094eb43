package effect

import "time"

func trackingEntries() []entry {
	const mark = `name:        "lending"`
	tracked := func(text string) []string { return []string{mark, mark + "\n\ttracking: " + text} }
	const mlflow, wandb, lineage = `mlflow: {uri: "` + doubleURL + `/a"}`, `wandb: {base_url: "` + doubleURL +
		`/a", entity: "acme"}`, `openlineage: {url: "` + doubleURL + `/a"}`
	return []entry{
		{field: "#Tracking.mlflow.uri", with: tracked(mlflow),
			change: []string{doubleURL + "/a", doubleURL + "/b"}, seen: told},
		{field: "#Tracking.mlflow.experiment", with: tracked(mlflow),
			change: []string{`/a"`, `/a", experiment: "elsewhere"`}, seen: told},
		{field: "#Tracking.wandb.base_url", with: tracked(wandb),
			change: []string{doubleURL + "/a", doubleURL + "/b"}, seen: told},
		{field: "#Tracking.wandb.entity", with: tracked(wandb), change: []string{`"acme"`, `"other"`}, seen: told},
		{field: "#Tracking.wandb.project", with: tracked(wandb),
			change: []string{`"acme"`, `"acme", project: "elsewhere"`}, seen: told},
		{field: "#Tracking.openlineage.url", with: tracked(lineage),
			change: []string{doubleURL + "/a", doubleURL + "/b"}, seen: told},
		{field: "#Tracking.openlineage.namespace", with: tracked(lineage),
			change: []string{`/a"`, `/a", namespace: "elsewhere"`}, seen: told},
		{field: "#Tracking.openlineage.file", change: tracked(`openlineage: file: "events.jsonl"`),
			seen: file("events.jsonl", "up", "--build")},
	}
}

func endpointEntries() []entry {
	serving := func(field string) []string {
		return []string{`model: "risk"}` + "\n\tslos", `model: "risk", ` + field + "}\n\tslos"}
	}
	rollout := manifests(anywhere())
	other := []string{`	models: risk: {`,
		"\tmodels: other: {dataset: \"loans\", target: \"city\", exclude: [\"amount\"], algorithm: \"random_forest\", params: n_estimators: 3, approval: \"auto\"}\n\tmodels: risk: {"}
	return []entry{
		{field: "#Endpoint.model", with: other,
			change: []string{`model: "risk"}` + "\n\tslos", `model: "other"}` + "\n\tslos"},
			seen:   answers(get("/health"))},
		{field: "#Endpoint.replicas.min", change: serving(`replicas: min: 2`), seen: rollout},
		{field: "#Endpoint.replicas.max", change: serving(`replicas: max: 4`), seen: rollout},
		{field: "#Endpoint.node_selector", change: serving(`node_selector: pool: "big"`), seen: rollout},
		{field: "#Endpoint.replicas.requests_in_flight", with: serving(`replicas: max: 4`),
			change: []string{`max: 4`, `{max: 4, requests_in_flight: 8}`}, seen: rollout},
		{field: "#Endpoint.priority", change: serving(`priority: "high"`),
			seen: manifests(anywhere("highPriorityClass=critical"))},
		{field: "#CanaryStep.setWeight", with: serving(`strategy: canary: steps: [{setWeight: 10}, {pause: "5m"}]`),
			change: []string{`setWeight: 10`, `setWeight: 20`}, seen: rollout},
		{field: "#CanaryStep.pause", with: serving(`strategy: canary: steps: [{setWeight: 10}, {pause: "5m"}]`),
			change: []string{`"5m"`, `"6m"`}, seen: rollout},
		{field: "#Strategy.rolling", with: serving(`strategy: canary: steps: [{setWeight: 10}, {pause: "5m"}]`),
			change: []string{`canary: steps: [{setWeight: 10}, {pause: "5m"}]`, `rolling: {}`}, seen: rollout},
		{field: "#Strategy.blueGreen.scaleDownDelay", with: serving(`strategy: blueGreen: scaleDownDelay: "1m"`),
			change: []string{`"1m"`, `"2m"`}, seen: rollout},
		{field: "#Strategy.blueGreen.autoPromotionEnabled",
			with:   serving(`strategy: blueGreen: autoPromotionEnabled: true`),
			change: []string{`autoPromotionEnabled: true`, `autoPromotionEnabled: false`}, seen: rollout},
		{field: "#Endpoint.limits.max_body_bytes", with: serving(`limits: max_body_bytes: 1024`),
			change: []string{`1024`, `4096`}, seen: answers(predict(times(row, 30)...))},
		{field: "#Endpoint.limits.max_batch_rows", change: serving(`limits: max_batch_rows: 1`),
			seen: answers(predict(row, row))},
		{field: "#Endpoint.limits.timeout", change: serving(`limits: timeout: "100ms"`),
			seen: answers(request{method: "POST", path: "/predict", body: `{"features": [` + row +
				`]}`, slowly: time.Second})},
	}
}

func times(text string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = text
	}
	return out
}

func sloEntries() []entry {
	alerts := file("alerts.yaml", "generate", "alerts", "--out", "alerts.yaml")
	latency := []string{`indicator: "availability"`, `indicator: "latency", threshold: "50ms"`}
	second := []string{`	slos: answers`, "\tendpoints: another: model: \"risk\"\n\tslos: answers"}
	return []entry{
		{field: "#SLO.endpoint", with: second,
			change: []string{`endpoint: "scoring"`, `endpoint: "another"`}, seen: alerts},
		{field: "#SLO.objective", change: []string{`objective: 99`, `objective: 95`}, seen: alerts},
		{field: "#SLO.indicator", change: latency, seen: alerts},
		{field: "#SLO.threshold", with: latency, change: []string{`"50ms"`, `"100ms"`}, seen: alerts},
		{field: "#SLO.window", change: []string{`objective: 99`, `objective: 99, window: "7d"`}, seen: alerts},
	}
}
