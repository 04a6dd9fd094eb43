package source

// Code names a kind of problem. It stays the same when the words change.
type Code string

// The codes: E01 reading, E02 the schema, E03 single values, E04 what does not fit
// together, E05 policies.
const (
	Syntax             Code = "E0101"
	TooLarge           Code = "E0102"
	NoBlueprint        Code = "E0103"
	TwoPackages        Code = "E0104"
	UnknownImport      Code = "E0105"
	Contradiction      Code = "E0106"
	UnknownEnvironment Code = "E0107"
	UnknownField       Code = "E0201"
	MissingField       Code = "E0202"
	WrongValue         Code = "E0203"
	NotConcrete        Code = "E0204"
	UnknownReference   Code = "E0301"
	WrongName          Code = "E0302"
	WrongDuration      Code = "E0303"
	WrongSchedule      Code = "E0304"
	WrongPath          Code = "E0305"
	WrongAddress       Code = "E0306"
	WrongDataset       Code = "E0401"
	WrongExpectation   Code = "E0402"
	WrongModel         Code = "E0403"
	WrongGate          Code = "E0404"
	WrongPipeline      Code = "E0405"
	WrongStage         Code = "E0406"
	WrongEndpoint      Code = "E0407"
	WrongDrift         Code = "E0408"
	WrongSLO           Code = "E0409"
	WrongTracking      Code = "E0410"
	WrongPack          Code = "E0501"
)

// Kind explains a code.
type Kind struct {
	Code   Code   `json:"code"`
	Title  string `json:"title"`
	Cause  string `json:"cause"`
	Remedy string `json:"remedy"`
	Wrong  string `json:"wrong"` // an example, as CUE
	Right  string `json:"right"` // the same without the problem
}

// Kinds returns every kind of problem, in the order of the codes. It is the list
// that a new code is added to.
func Kinds() []Kind { return append(readingKinds(), valueKinds()...) }

func readingKinds() []Kind {
	return []Kind{
		{Syntax, "The CUE does not parse", "A bracket, a quote or a comma is missing or too many.",
			"Look at the line of the message and at the one before it.", `name: "shop`, `name: "shop"`},
		{TooLarge, "The blueprint is too large",
			"A file is larger than 1 MiB, the folder has more than 200 files or 4 MiB of them, brackets or values are nested deeper than 200, or evaluation takes more than ten seconds or half a gibibyte.", "Split the file, keep data in data files, and look for alternatives that multiply.", `x: [for a in list.Range(0, 1e9, 1) {a}]`, `x: [1, 2, 3]`},
		{NoBlueprint, "There is no blueprint in the folder",
			"The folder has no .cue file, or the files declare nothing.",
			"Name the folder that has the blueprint, or make one with `ashlar init DIR`.", `package shop`, `package shop

import "ashlar.dev/blueprint"

blueprint.#Blueprint & {name: "shop", owner: {team: "t", email: "t@example.com"}}`},
		{TwoPackages, "The files are of different packages",
			"All .cue files of a folder are one blueprint, so they have one package name.",
			"Use the same package name in every file, or move a file elsewhere.", `package shop // a.cue
package stage // b.cue`, `package shop // in both`},
		{UnknownImport, "An import cannot be resolved",
			"No registry is asked. A blueprint may import ashlar.dev/blueprint and CUE's standard library.",
			"Use the nearest name that the message gives, or copy what you need into the folder.",
			`import "ashlar.dev/blueprints"`, `import "ashlar.dev/blueprint"`},
		{Contradiction, "The CUE contradicts itself",
			"Two values for one field differ, or an expression refers to something that is not there.",
			"Keep one of the values. To replace a value in an environment, write it below environments.", `seed: 1
seed: 2`, `seed: 1
environments: prod: seed: 2`},
		{UnknownEnvironment, "The environment is not declared",
			"`--env` names an environment that the blueprint does not declare.",
			"Use a name that the message lists, or declare the environment.", `environments: dev: {}`,
			`environments: {dev: {}, prod: {}}`},
		{UnknownField, "The schema has no such field", "The name is misspelt, or the field belongs elsewhere.",
			"Use the nearest name that the message gives. `ashlar explain` prints the fields of each level.",
			`models: risk: targt: "status"`, `models: risk: target: "status"`},
		{MissingField, "A required field is missing",
			"The schema requires the field, always or for the value of another field.",
			"Add it. `ashlar explain` marks required fields.", `owner: team: "lending"`,
			`owner: {team: "lending", email: "lending@example.com"}`},
		{WrongValue, "The value is not allowed",
			"The value has another type than the field, or is outside of what the field allows.",
			"Use a value that the message lists. `ashlar explain FIELD` prints the allowed values.",
			`endpoints: scoring: replicas: max: 0`, `endpoints: scoring: replicas: max: 1`},
		{NotConcrete, "The value is not concrete", "The field has a type or an expression where a value is needed.",
			"Give a value.", `name: string`, `name: "shop"`},
	}
}

func valueKinds() []Kind {
	return []Kind{
		{UnknownReference, "A name refers to nothing",
			"The blueprint declares no dataset, column, model, endpoint, metric or param of that name.",
			"Use the nearest name that the message gives, or declare what is missing.",
			`endpoints: scoring: model: "rsk"`, `endpoints: scoring: model: "risk"`},
		{WrongName, "The name is not allowed",
			"Names become names of Kubernetes objects, rules and roles. They have lower-case letters, digits and dashes, begin with a letter, and are short enough for what is derived from them.", "Use another name.", `name: "My Shop"`, `name: "my-shop"`},
		{WrongDuration, "The text is not a duration",
			"A duration is written as 50ms, 10s, 5m, 1h30m, 7d or 2w, and some fields have a least.",
			"Write it in this form.", `datasets: loans: retention: "2 years"`, `datasets: loans: retention: "730d"`},
		{WrongSchedule, "The schedule or its time zone is not valid",
			"A schedule is five cron fields, @hourly, @daily, @weekly, @monthly or @every 6h, and falls due at some time. A time zone is a name of the IANA database.", "Write the schedule in this form, and the zone as timezone.", `pipelines: nightly: schedule: "every day"`, `pipelines: nightly: schedule: "@daily"`},
		{WrongPath, "The path or the source cannot be read",
			"Paths stay below the blueprint's folder and are written the short way. Data comes from files, globs and s3:// URLs.", "Write a path below the folder, with slashes, or an s3:// URL.", `datasets: loans: source: "../loans.csv"`, `datasets: loans: source: "data/loans.csv"`},
		{WrongAddress, "The address is not valid",
			"An e-mail address, a URL or the reference of an image has characters or a form that the receiver would refuse.", "Write one address, such as team@example.com, https://host/path or registry.example.com/name:1.2.0.", `owner: email: "lending"`, `owner: email: "lending@example.com"`},
		{WrongDataset, "Values of a dataset do not fit each other",
			"A column's values, null_value, values_mostly or anonymise contradict its type or each other.",
			"Change the field that the message names. See the reference of datasets.",
			`columns: age: {type: "integer", anonymise: "hash"}`, `columns: age: {type: "integer", anonymise: "mask"}`},
		{WrongExpectation, "The expectation does not fit",
			"The expectation has an unknown or missing argument, an argument of another type, or does not apply to the column's type.", "Compare it with the reference of expectations.", `expect: [{expectation: "column_values_to_be_between", column: "age"}]`, `expect: [{expectation: "column_values_to_be_between", column: "age", min_value: 18}]`},
		{WrongModel, "Values of a model do not fit each other",
			"The target, the features, the algorithm, its parameters, the split or the search contradict each other or the columns.", "Change the field that the message names. See the reference of models.", `models: risk: {target: "amount", positive: "good"} // a number`, `models: risk: {target: "status", positive: "good"}`},
		{WrongGate, "The gate does not fit",
			"A gate is a number or bounds on one, joined by &. It must be possible, and of a metric that the model's task has.", "Write a bound, such as >=0.80 & <1.", `require: metrics: roc_auc: >=0.8 & <0.5`, `require: metrics: roc_auc: >=0.8 & <1`},
		{WrongPipeline, "Values of a pipeline do not fit each other",
			"The pipeline does nothing, its stages depend on each other in a circle, or it misses what its model needs.", "Change the field that the message names. See the reference of pipelines.", `models: risk: algorithm: "custom"
pipelines: nightly: model: "risk"`, `pipelines: nightly: {model: "risk", stages: train: {cmd: "python3 train.py", outs: ["model.json"]}}`},
		{WrongStage, "Values of a stage do not fit each other",
			"The stage lacks a command, repeats a path of another stage, or has resources or templates that cannot be.",
			"Change the field that the message names. See the reference of stages.",
			`stages: train: {cmd: "python3 train.py", memory: "2 Gi"}`,
			`stages: train: {cmd: "python3 train.py", memory: "2Gi"}`},
		{WrongEndpoint, "Values of an endpoint do not fit each other",
			"The least number of replicas is above the largest, the strategy is two strategies, or its steps are not in order.", "Change the field that the message names. See the reference of endpoints.", `replicas: {min: 5, max: 3}`, `replicas: {min: 3, max: 5}`},
		{WrongDrift, "Values of a drift watch do not fit each other",
			"A bound is above the other, or the tests take no such option.",
			"Change the field that the message names. See the reference of drift.",
			`drift: {tests: "psi", alert: false_alarm_rate: 0.05}`,
			`drift: {tests: "auto", alert: false_alarm_rate: 0.05}`},
		{WrongSLO, "Values of an objective do not fit each other",
			"The indicator needs another kind of threshold, or the window cannot be counted.",
			"Change the field that the message names. See the reference of SLOs.",
			`slos: fast: {endpoint: "scoring", objective: 99, indicator: "latency"}`,
			`slos: fast: {endpoint: "scoring", objective: 99, indicator: "latency", threshold: "50ms"}`},
		{WrongTracking, "Values of tracking do not fit each other", "OpenLineage takes a url or a file, one of them.",
			"Name one of them.", `tracking: openlineage: {url: "https://lineage.example.com", file: "lineage.jsonl"}`,
			`tracking: openlineage: file: "lineage.jsonl"`},
		{WrongPack, "A policy pack is not valid",
			"A rule or an exemption in the folder policies does not have the form of policy.#Pack.",
			"Change what the message names. `ashlar policy test` runs the cases of a pack.",
			`rules: named: {title: "Names", require: {}}`,
			`rules: named: {title: "Names", about: "endpoint", require: name: =~"^shop-", reason: "...", fix: "..."}`},
	}
}
