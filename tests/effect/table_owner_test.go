package effect

import "strings"

// ownerEntries are those of the blueprint itself, its environments and pins.
func ownerEntries() []entry {
	out := []entry{
		{field: "#Blueprint.name", change: []string{`name:        "lending"`, `name: "loans"`},
			seen: manifests(anywhere())},
		{field: "#Blueprint.seed", change: []string{`name:        "lending"`,
			`name: "lending", seed: 7`}, seen: learnt},
		{field: "#Owner.team", change: []string{`team: "lending"`, `team: "risk"`}, seen: manifests(anywhere())},
		{field: "#Owner.email", change: []string{`lending@example.com`, `risk@example.com`},
			seen: manifests(anywhere())},
	}
	for field, overlay := range map[string]string{
		"owner":     `owner: team: "risk"`,
		"pipelines": `pipelines: nightly: schedule: "@daily"`,
		"slos":      `slos: answers: objective: 95`,
	} {
		out = append(out, entry{field: "#Overlay." + field, change: overlaid(overlay), seen: manifests(anywhere())})
	}
	for field, overlay := range map[string]string{
		"seed":     `seed: 7`,
		"models":   `models: risk: params: max_depth: 1`,
		"datasets": `datasets: loans: source: "more.csv"`,
	} {
		out = append(out, entry{field: "#Overlay." + field, change: overlaid(overlay), seen: learnt})
	}
	zeros := `"sha256:` + strings.Repeat("0", 64) + `"`
	return append(out,
		entry{field: "#Overlay.endpoints", change: overlaid(`endpoints: scoring: limits: max_batch_rows: 1`),
			seen: answers(predict(row, row))},
		entry{field: "#Overlay.tracking", change: overlaid(`tracking: openlineage: file: "events.jsonl"`),
			seen: file("events.jsonl", "up", "--build")},
		entry{field: "#Overlay.pins", change: overlaid(`pins: risk: {version: 1, model: ` + zeros + `, data: ` + zeros +
			`, plan: ` + zeros + `, evidence: ` + zeros + `}`), seen: verdict},
		entry{field: "#Pin.version", seen: pinned("version")},
		entry{field: "#Pin.model", seen: pinned("model")},
		entry{field: "#Pin.data", seen: pinned("data")},
		entry{field: "#Pin.plan", seen: pinned("plan")},
		entry{field: "#Pin.evidence", seen: pinned("evidence")},
	)
}

// overlaid is the edit that gives dev an overlay.
func overlaid(text string) []string {
	return []string{`	endpoints: scoring: {desc`, `	environments: dev: {` + text + "}\n" +
		`	endpoints: scoring: {desc`}
}
