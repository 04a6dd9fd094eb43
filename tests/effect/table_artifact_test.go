package effect

// artifactEntries are those of models that a custom stage has learnt:
// two stumps over age that differ in their threshold.
func artifactEntries() []entry {
	const artifact, nightly = `artifact: {flavor: "lightgbm", path: "model.txt"}`,
		`nightly: {description: "trains every night", model: "risk"`
	const train = `, stages: train: {cmd: "cp trees.txt model.txt; sed s/threshold=40/threshold=60/ trees.txt > other.txt", deps: ["trees.txt"], outs: ["model.txt", "other.txt"], image: "registry.example.com/tools:1"}`
	trees := []string{
		`"random_forest"`, `"custom"`, `params: {n_estimators: 5, max_depth: 4}`, artifact,
		`roc_auc: >=0.5 & <1`, `roc_auc: >=0`,
		`exclude: ["amount"]`, `features: ["age", "income"]`, nightly, nightly + train,
	}
	server := append(trees[:len(trees):len(trees)], artifact,
		`artifact: {flavor: "pyfunc", path: "model.txt", serve: "echo one >&2; exit 1"}`)
	return []entry{
		{field: "#Artifact.path", with: trees,
			change: []string{`path: "model.txt"`, `path: "other.txt"`}, seen: learnt},
		{field: "#Artifact.flavor", with: trees,
			change: []string{`flavor: "lightgbm"`, `flavor: "xgboost"`}, seen: built},
		{field: "#Artifact.serve", with: server, change: []string{`echo one`, `echo two`}, seen: built},
		{field: "#Artifact.image", with: append(server[:len(server):len(server)], `exit 1"`,
			`exit 1", image: "registry.example.com/server:1"`), change: []string{`server:1`, `server:2`},
			seen: manifests(anywhere())},
	}
}
