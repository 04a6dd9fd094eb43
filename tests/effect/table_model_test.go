package effect

func modelEntries() []entry {
	logistic := []string{`"random_forest"`, `"logistic_regression"`, `{n_estimators: 5, max_depth: 4}`, `{}`}
	other := []string{`	models: risk: {`,
		"\tdatasets: others: {source: \"more.csv\", columns: datasets.loans.columns, retention: \"730d\"}\n\tmodels: risk: {"}
	with := func(field string) []string { return []string{`approval: "auto"`, `approval: "auto", ` + field} }
	people := []string{`approval: "auto"`, `approval: {approvers: ["officers", "board"]}`}
	return []entry{
		{field: "#Model.dataset", with: other,
			change: []string{`dataset:     "loans"`, `dataset: "others"`}, seen: learnt},
		{field: "#Model.target", change: []string{`"status"` + "\n", `"member"` + "\n",
			`positive:    "good"`, ``}, seen: built},
		{field: "#Model.positive", change: []string{`"good"` + "\n", `"bad"` + "\n"}, seen: learnt},
		{field: "#Model.features", change: []string{`exclude: ["amount"]`,
			`features: ["age", "income"]`}, seen: learnt},
		{field: "#Model.exclude", change: []string{`["amount"]`, `["amount", "income"]`}, seen: learnt},
		{field: "#Model.algorithm", change: logistic, seen: learnt},
		{field: "#Approval.policy", change: []string{`approval: "auto"`, `approval: "manual"`}, seen: built},
		{field: "#Approval.approvers", with: people, change: []string{`"officers", `, ``}, seen: approved("officers")},
		{field: "#Approval.count", with: people,
			change: []string{`["officers", "board"]`, `["officers", "board"], count: 2`}, seen: approved("officers")},
		{field: "#Approval.not_author", with: []string{`approval: "auto"`, `approval: {approvers: ["ada"]}`},
			change: []string{`["ada"]`, `["ada"], not_author: true`}, seen: approved("ada")},
		{field: "#Preprocessing.numeric", with: append(with(`preprocessing: numeric: "median"`), logistic...),
			change: []string{`"median"`, `"mean"`}, seen: learnt},
		{field: "#Preprocessing.categorical", with: append(with(`preprocessing: categorical: "one_hot"`), logistic...),
			change: []string{`"one_hot"`, `"ordinal"`}, seen: learnt},
		{field: "#Preprocessing.scale", with: append(with(`preprocessing: scale: true`), logistic...),
			change: []string{`scale: true`, `scale: false`}, seen: learnt},
		{field: "#Split.test_size", change: with(`split: test_size: 0.4`), seen: learnt},
		{field: "#Split.key", with: with(`split: {}`),
			change: []string{`split: {}`, `split: key: "city"`}, seen: learnt},
		{field: "#Split.stratified", with: []string{`"loans.csv"` + "\n", `"rare.csv"` + "\n"},
			change: with(`split: stratified: false`), seen: built},
		{field: "#CrossValidation.folds", with: with(`cross_validation: folds: 3`),
			change: []string{`folds: 3`, `folds: 4`}, seen: shown},
		{field: "#CrossValidation.stratified", with: with(`cross_validation: {folds: 3}`),
			change: []string{`folds: 3`, `folds: 3, stratified: false`}, seen: shown},
		{field: "#Search.method", with: with(`search: {method: "random", trials: 2, folds: 2, space: max_depth: [1, 2, 3, 4]}`), change: []string{`"random", trials: 2`, `"grid"`}, seen: shown},
		{field: "#Search.trials", with: with(`search: {trials: 2, folds: 2, space: max_depth: [1, 2, 3, 4]}`),
			change: []string{`trials: 2`, `trials: 3`}, seen: shown},
		{field: "#Search.metric", with: with(`search: {method: "grid", folds: 2, space: max_depth: [1, 4]}`),
			change: []string{`folds: 2`, `folds: 2, metric: "accuracy"`}, seen: shown},
		{field: "#Search.folds", with: with(`search: {method: "grid", folds: 2, space: max_depth: [1, 4]}`),
			change: []string{`folds: 2`, `folds: 4`}, seen: shown},
		{field: "#Search.seed", with: with(`search: {trials: 2, folds: 2, space: max_depth: [1, 2, 3, 4, 5, 6, 7, 8]}`),
			change: []string{`folds: 2`, `folds: 2, seed: 3`}, seen: shown},
		{field: "#Search.space", with: with(`search: {method: "grid", folds: 2, space: max_depth: [1, 4]}`),
			change: []string{`[1, 4]`, `[1]`}, seen: learnt},
	}
}

// gateEntries are those of #Require: each changes what a gate says.
func gateEntries() []entry {
	fair := func(gate string) []string {
		return []string{`roc_auc: >=0.5 & <1`,
			"roc_auc: >=0.5 & <1\n\t\trequire: fairness: age: {split: 40, min_group: 5, " + gate + "}"}
	}
	disturbed := func(kind string) []string {
		return []string{`roc_auc: >=0.5 & <1`, "roc_auc: >=0.5 & <1\n\t\trequire: robustness: " + kind +
			": {fraction: 0.1, roc_auc: >=0.01}"}
	}
	out := []entry{
		{field: "#Require.metrics", change: []string{`>=0.5 & <1`, `>=0.9999 & <1`}, seen: built},
		{field: "#Require.fairness.*.split", with: fair(`demographic_parity_ratio: >=0.0001`),
			change: []string{`split: 40`, `split: 60`}, seen: built},
		{field: "#Require.fairness.*.min_group", with: fair(`demographic_parity_ratio: >=0.0001`),
			change: []string{`min_group: 5`, `min_group: 50`}, seen: built},
		{field: "#Disturbance.fraction", with: disturbed("missing"),
			change: []string{`fraction: 0.1`, `fraction: 0.9`}, seen: built},
	}
	for gate, values := range map[string][2]string{
		"demographic_parity_ratio": {">=0.0001", ">=0.9999"}, "equalized_odds_ratio": {">=0", ">=0.9999"},
		"demographic_parity_difference": {"<=1", "<=0.0001"}, "equalized_odds_difference": {"<=1", "<=0.0001"},
	} {
		out = append(out, entry{field: "#Require.fairness.*." + gate, with: fair(gate + ": " + values[0]),
			change: []string{gate + ": " + values[0], gate + ": " + values[1]}, seen: built})
	}
	return out
}
