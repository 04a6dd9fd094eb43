package effect

// stageEntries are those of custom stages, on this machine and as pods.
func stageEntries() []entry {
	const cmd, deps, outs = `cmd: "wc -l < loans.csv > lines.txt"`, `deps: ["loans.csv"]`, `outs: ["lines.txt"]`
	more := func(field string) []string { return []string{outs, outs + `, ` + field} }
	const tolerated = `tolerations: [{key: "gpu", operator: "Equal", value: "yes", effect: "NoSchedule"}]`
	argo := manifests(anywhere())
	local := []entry{
		{field: "#Stage.foreach", with: []string{`count: {description: "counts applications", ` + cmd + `, ` + deps +
			`, ` + outs + `, image: "registry.example.com/tools:1"}`,
			`count: {foreach: ["a", "b"], do: {cmd: "echo ${item} > ${item}.txt", outs: ["${item}.txt"]}}`},
			change: []string{`["a", "b"]`, `["a", "b", "c"]`}, seen: built},
		{field: "#Stage.matrix", with: []string{cmd, `matrix: n: ["a", "b"], cmd: "echo ${item.n} > ${item.n}.txt"`,
			outs, `outs: ["${item.n}.txt"]`}, change: []string{`["a", "b"]`, `["a", "b", "c"]`}, seen: built},
		{field: "#Step.cmd", change: []string{cmd, `cmd: "exit 1"`}, seen: built},
		{field: "#Step.wdir", change: []string{cmd, cmd + `, wdir: "inner"`}, seen: built},
		{field: "#Step.deps", change: []string{deps, `deps: ["more.csv"]`}, seen: built},
		{field: "#Step.params", with: []string{`counting: {`, `counting: {params: rounds: 3, `, cmd,
			`cmd: "cp params.json lines.txt"`}, change: more(`params: ["rounds"]`), seen: built},
		{field: "#Step.outs", change: []string{outs, `outs: ["other.txt"]`}, seen: built},
		{field: "#Step.metrics", with: []string{cmd,
			`cmd: "wc -l < loans.csv > lines.txt; echo '{\"n\": 3}' > m.json"`},
			change: more(`metrics: ["m.json"]`), seen: built},
		{field: "#Step.plots", with: []string{cmd, `cmd: "wc -l < loans.csv > lines.txt; echo x > p.svg"`},
			change: more(`plots: ["p.svg"]`), seen: gotten("counting", "p.svg")},
		{field: "#Step.frozen", change: more(`frozen: true`), seen: rebuilt("loans.csv", loans(200, 9))},
		{field: "#Step.always_changed", change: more(`always_changed: true`), seen: rebuilt("unread.txt", "x")},
		{field: "#Step.env", with: []string{cmd, `cmd: "test -n \"$WORD\"; echo $? > lines.txt; test -n \"$WORD\""`},
			change: more(`env: WORD: "x"`), seen: built},
		{field: "#Step.timeout", with: []string{cmd, `cmd: "sleep 2; wc -l < loans.csv > lines.txt"`},
			change: more(`timeout: "1s"`), seen: built},
		{field: "#Step.retries", with: []string{cmd, `cmd: "exit 1"`, `counting: {`, `counting: {retry_delay: "1s", `},
			change: more(`retries: 1`), seen: built},
		{field: "#Step.environment.pip", change: more(`environment: pip: "none.txt"`), seen: built},
		{field: "#Step.environment.conda", change: more(`environment: conda: "none.yaml"`), seen: built},
	}
	for field, change := range map[string]string{
		"memory": `memory: "3Gi"`, "cpu": `cpu: "3"`, "gpu": `gpu: 1`,
		"node_selector": `node_selector: pool: "big"`,
	} {
		local = append(local, entry{field: "#Step." + field, change: more(change), seen: argo})
	}
	for field, change := range map[string][]string{
		"key": {`"gpu"`, `"tpu"`}, "operator": {`"Equal", value: "yes"`, `"Exists"`}, "value": {`"yes"`, `"no"`},
		"effect": {`"NoSchedule"`, `"NoExecute"`},
	} {
		local = append(local, entry{field: "#Toleration." + field, with: more(tolerated),
			change: change, seen: argo})
	}
	for field, change := range map[string]string{"cpu": `cpu: "3"`, "memory": `memory: "3Gi"`, "gpu": `gpu: 1`} {
		local = append(local, entry{field: "#Resources." + field, change: more(`resources: ` + change), seen: argo})
	}
	return append(local,
		entry{field: "#Step.image", change: []string{`tools:1`, `tools:2`}, seen: argo},
		entry{field: "#Step.retry_delay", with: more(`retries: 2`),
			change: []string{`retries: 2`, `retries: 2, retry_delay: "9m"`}, seen: argo},
	)
}
