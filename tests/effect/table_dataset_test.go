package effect

func datasetEntries() []entry {
	const expectation = `{expectation: "column_values_to_be_between", column: "age", min_value: 18, max_value: 80}`
	return []entry{
		{field: "#Dataset.source", change: []string{`"loans.csv"` + "\n", `"more.csv"` + "\n"}, seen: learnt},
		{field: "#Dataset.format", change: []string{`"loans.csv"` + "\n",
			`"loans.csv", format: "parquet"` + "\n"}, seen: built},
		{field: "#Dataset.retention", change: []string{`"730d"`, `"10d"`}, seen: manifests(onAWS())},
		{field: "#Dataset.sample", with: []string{`wc -l < loans.csv`, `echo 1`, `deps: ["loans.csv"], `, ``},
			change: []string{`"loans.csv"` + "\n", `"loans.csv", sample: 0.5` + "\n"}, seen: learnt},
		{field: "#CSV.delimiter", change: []string{`"loans.csv"` + "\n",
			`"loans.csv", csv: delimiter: ";"` + "\n"}, seen: built},
		{field: "#CSV.null_value", change: []string{`"loans.csv"` + "\n",
			`"loans.csv", csv: null_value: ["", "c0001"]` + "\n"}, seen: built},
		{field: "#Column.type", change: []string{`type: "integer", s`, `type: "number", s`},
			seen: answers(get("/schema"))},
		{field: "#Column.nullable", change: []string{`unit: "EUR", nullable: true`, `unit: "EUR"`}, seen: built},
		{field: "#Column.optional", with: []string{`amount: {type: "number"}`,
			`amount: {type: "number"}, extra: {type: "text"}`},
			change: []string{`extra: {type: "text"}`, `extra: {type: "text", optional: true}`}, seen: built},
		{field: "#Column.sensitive", with: []string{`retention: "730d"`, ``},
			change: []string{`, sensitive: true`, ``}, seen: verdict},
		{field: "#Column.values", change: []string{`["Berlin", "Paris", "Rome"]`, `["Berlin", "Paris"]`}, seen: built},
		{field: "#Column.values_mostly", with: []string{`["Berlin", "Paris", "Rome"]`, `["Berlin", "Paris"]`},
			change: []string{`["Berlin", "Paris"]`, `["Berlin", "Paris"], values_mostly: 0.5`}, seen: built},
		{field: "#Column.null_value", change: []string{`unit: "EUR", nullable: true`,
			`unit: "EUR", nullable: true, null_value: ["-1"]`}, seen: built},
		{field: "#Column.anonymise", with: []string{`wc -l < loans.csv`, `echo 1`, `deps: ["loans.csv"], `, ``},
			change: []string{`"Paris", "Rome"]`, `"Paris", "Rome"], anonymise: "hash"`}, seen: answers(get("/schema"))},
		{field: "#Expectation.expectation",
			change: []string{expectation, `{expectation: "column_values_to_be_unique", column: "age"}`}, seen: built},
		{field: "#Expectation.column", change: []string{`column: "age"`, `column: "income"`}, seen: built},
		{field: "#Expectation.severity", with: []string{`max_value: 80`, `max_value: 30`},
			change: []string{`max_value: 30`, `max_value: 30, severity: "warning"`}, seen: built},
	}
}
