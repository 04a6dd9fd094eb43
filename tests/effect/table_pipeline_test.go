package effect

func pipelineEntries() []entry {
	const nightly, counting = `model: "risk"}` + "\n\t\tcounting: {", `counting: {`
	line := func(field string) []string {
		return []string{nightly, `model: "risk", ` + field + "}\n\t\tcounting: {"}
	}
	const cluster = `schedule: "0 3 * * *"`
	failing := []string{counting, `counting: {on_failure: {}, `, `wc -l < loans.csv > lines.txt`, `exit 3`}
	argo := manifests(anywhere())
	return []entry{
		{field: "#Pipeline.model", change: []string{nightly,
			"stages: greet: cmd: \"true\"}\n\t\tcounting: {"}, seen: argo},
		{field: "#Pipeline.params", with: []string{counting, `counting: {params: rounds: 3, `, `wc -l < loans.csv`,
			`echo $ASHLAR_PARAM_ROUNDS`, `deps: ["loans.csv"]`, `params: ["rounds"], metrics: ["m.json"]`,
			`lines.txt", `, `lines.txt; cp params.json m.json", `},
			change: []string{`rounds: 3`, `rounds: 4`}, seen: built},
		{field: "#Pipeline.schedule", change: line(cluster), seen: argo},
		{field: "#Pipeline.timezone", with: line(cluster),
			change: []string{cluster, cluster + `, timezone: "Europe/Berlin"`}, seen: argo},
		{field: "#Pipeline.concurrency", with: line(cluster),
			change: []string{cluster, cluster + `, concurrency: "allow"`}, seen: argo},
		{field: "#Pipeline.catchup", with: line(cluster),
			change: []string{cluster, cluster + `, catchup: true`}, seen: argo},
		{field: "#Pipeline.retries", change: line(`retries: 3`), seen: argo},
		{field: "#Pipeline.retry_delay", with: line(`retries: 3`),
			change: []string{`retries: 3`, `retries: 3, retry_delay: "7m"`}, seen: argo},
		{field: "#Pipeline.timeout", change: line(`timeout: "3h"`), seen: argo},
		{field: "#Pipeline.parallelism", change: line(`parallelism: 2`), seen: argo},
		{field: "#Pipeline.resources.cpu", change: line(`resources: cpu: "3"`), seen: argo},
		{field: "#Pipeline.resources.memory", change: line(`resources: memory: "3Gi"`), seen: argo},
		{field: "#Pipeline.priority", change: line(`priority: "low"`),
			seen: manifests(anywhere("lowPriorityClass=batch"))},
		{field: "#Pipeline.fan_out", with: []string{`"loans.csv"` + "\n", `"*.csv"` + "\n"},
			change: line(`fan_out: 2`), seen: argo},
		{field: "#Pipeline.on_failure.email", with: failing,
			change: []string{`on_failure: {}`, `on_failure: email: ["oncall@example.com"]`},
			seen:   file("", "pipeline", "run", "counting")},
		{field: "#Pipeline.on_failure.webhook",
			with: append([]string{`name:        "lending"`, `name: "lending", tracking: mlflow: uri: "` + doubleURL +
				`"`}, failing...), change: []string{`on_failure: {}`, `on_failure: webhook: "` +
				doubleURL + `/hook"`}, seen: told},
	}
}
