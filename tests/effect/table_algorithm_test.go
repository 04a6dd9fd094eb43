package effect

// algorithmEntries are those of parameters: each moves what the model says of
// rows that it has not seen.
func algorithmEntries() []entry {
	const forest = `{n_estimators: 5, max_depth: 4}`
	recipe := func(algorithm, params string) []string {
		return []string{`"random_forest"`, `"` + algorithm + `"`, forest, `{` + params + `}`}
	}
	out := []entry{
		{field: "#RandomForest.n_estimators",
			change: []string{forest, `{n_estimators: 7, max_depth: 4}`}, seen: learnt},
		{field: "#RandomForest.max_depth", change: []string{forest, `{n_estimators: 5, max_depth: 2}`}, seen: learnt},
	}
	for field, value := range map[string]string{
		"min_samples_split": `min_samples_split: 90`, "min_samples_leaf": `min_samples_leaf: 40`,
		"max_features":   `max_features: 1.0`,
		"max_leaf_nodes": `max_leaf_nodes: 2`, "bootstrap": `bootstrap: false`, "criterion": `criterion: "entropy"`,
		"class_weight": `class_weight: "balanced"`,
	} {
		out = append(out, entry{field: "#RandomForest." + field,
			change: []string{forest, `{n_estimators: 5, max_depth: 4, ` + value + `}`}, seen: learnt})
	}
	for field, values := range map[string][2]string{
		"learning_rate":     {"max_iter: 10", "max_iter: 10, learning_rate: 0.5"},
		"max_iter":          {"max_iter: 10", "max_iter: 20"},
		"max_leaf_nodes":    {"max_iter: 10", "max_iter: 10, max_leaf_nodes: 3"},
		"max_depth":         {"max_iter: 10", "max_iter: 10, max_depth: 1"},
		"min_samples_leaf":  {"max_iter: 10", "max_iter: 10, min_samples_leaf: 60"},
		"l2_regularization": {"max_iter: 10", "max_iter: 10, l2_regularization: 50"},
		"max_bins":          {"max_iter: 10", "max_iter: 10, max_bins: 3"},
		"early_stopping":    {"max_iter: 300", "max_iter: 300, early_stopping: true"},
		"n_iter_no_change": {"max_iter: 300, early_stopping: true",
			"max_iter: 300, early_stopping: true, n_iter_no_change: 1"},
		"validation_fraction": {"max_iter: 300, early_stopping: true",
			"max_iter: 300, early_stopping: true, validation_fraction: 0.4"},
		"tol":          {"max_iter: 300, early_stopping: true", "max_iter: 300, early_stopping: true, tol: 0.5"},
		"class_weight": {"max_iter: 10", `max_iter: 10, class_weight: "balanced"`},
	} {
		out = append(out, entry{field: "#GradientBoosting." + field, with: recipe("gradient_boosting", values[0]),
			change: []string{`{` + values[0] + `}`, `{` + values[1] + `}`}, seen: learnt})
	}
	for field, value := range map[string]string{"C": "0.001", "max_iter": "1", "tol": "10", "fit_intercept": "false",
		"class_weight": `"balanced"`} {
		out = append(out, entry{field: "#LogisticRegression." + field, with: recipe("logistic_regression", ""),
			change: []string{`params: {}`, `params: {` + field + `: ` + value + `}`}, seen: learnt})
	}
	for field, value := range map[string]string{"alpha": "1000", "fit_intercept": "false"} {
		out = append(out, entry{field: "#LinearRegression." + field,
			with:   append(regression(), `params: {} // linear`, `params: {}`),
			change: []string{`params: {}`, `params: {` + field + `: ` + value + `}`}, seen: learnt})
	}
	return out
}

// regression makes the model one of a number.
func regression() []string {
	return []string{
		`"status"` + "\n", `"amount"` + "\n", `positive:    "good"`, ``, `exclude: ["amount"]`, `exclude: ["status"]`,
		`"random_forest"`, `"linear_regression"`,
		`{n_estimators: 5, max_depth: 4}`, `{} // linear`, `roc_auc: >=0.5 & <1`, `r2: >=-1000000 & <1`,
	}
}
