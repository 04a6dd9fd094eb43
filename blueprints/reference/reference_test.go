package reference

import (
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints"
)

func tree(t *testing.T) *Field {
	t.Helper()
	root, err := Blueprint()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// every calls f for all fields below one.
func every(one *Field, f func(*Field)) {
	for _, below := range one.Fields {
		f(below)
		every(below, f)
	}
}

// only returns the single field at a path.
func only(t *testing.T, path string) *Field {
	t.Helper()
	found, err := tree(t).Find(path)
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %d fields, %v", path, len(found), err)
	}
	return found[0]
}

func TestNamesThatTheLoaderKnowsAreListed(t *testing.T) {
	if got := only(t, "datasets.expect.expectation").Allowed; len(got) < 30 ||
		!slices.Contains(got, `"column_values_to_be_between"`) {
		t.Errorf("expectations: %q", got)
	}
	for _, path := range []string{"models.require.metrics", "models.require.robustness.noise.r2"} {
		if got := only(t, path).Keys; !slices.Contains(got, "roc_auc") || !slices.Contains(got, "r2") {
			t.Errorf("%s: the keys are %q", path, got)
		}
	}
}

func TestAnExampleMeetsTheConditionOfItsField(t *testing.T) {
	found, err := tree(t).Find("models.params.max_depth")
	if err != nil || len(found) != 2 {
		t.Fatal(found, err)
	}
	for i, want := range []string{"models: forest: params: max_depth: 10", "models: boosting: params: max_depth: 6"} {
		if found[i].Example != want {
			t.Errorf("%s: the example is %q, want %q", found[i].When, found[i].Example, want)
		}
	}
	const want = `datasets: applications: expect: [{expectation: "table_row_count_to_be_between", min_value: 1000}]`
	if got := only(t, "datasets.expect.expectation").Example; got != want {
		t.Errorf("the example is %q, want %q", got, want)
	}
}

func TestTheExampleIsABlueprint(t *testing.T) {
	files, err := ExampleFiles()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blueprints.LoadAll(files, "."); err != nil {
		t.Error(err)
	}
}

func TestEveryFieldIsDocumentedAndHasAnExample(t *testing.T) {
	fields := 0
	every(tree(t), func(f *Field) {
		fields++
		if strings.TrimSpace(f.Doc) == "" {
			t.Errorf("%s has no doc comment in the schema", f.Path)
		}
		if f.Example == "" {
			t.Errorf("%s is not used in %s", f.Path, exampleFile)
		}
		if f.Type == "" {
			t.Errorf("%s has no type", f.Path)
		}
	})
	if fields < 200 {
		t.Errorf("only %d fields were found; the walk over the schema is broken", fields)
	}
}

func TestWhatTheSchemaSaysOfAField(t *testing.T) {
	for path, want := range map[string]Field{
		"datasets.columns.anonymise": {Type: "string", Allowed: []string{`"hash"`, `"mask"`, `"drop"`}},
		"datasets.columns.type": {Type: "string", Required: true,
			Allowed: []string{`"number"`, `"integer"`, `"boolean"`, `"category"`, `"text"`, `"timestamp"`}},
		"datasets.columns":               {Type: "map of Column", Required: true},
		"datasets.columns.values_mostly": {Type: "number", Allowed: []string{"number >0 & <=1"}},
		"datasets.expect":                {Type: "list of Expectation"},
		"seed": {Type: "integer", Default: "42",
			Allowed: []string{"integer >=0 & <=9007199254740991"}},
		"models.preprocessing.scale": {Type: "boolean",
			Default: `false if algorithm == "random_forest" or algorithm == "gradient_boosting" or algorithm == "custom"; true if algorithm == "logistic_regression" or algorithm == "linear_regression"`},
		"models.artifact": {Type: "Artifact", RequiredIf: `algorithm == "custom"`},
		"models.artifact.serve": {Type: "string or list of string", Required: true, When: `flavor == "pyfunc"`,
			Allowed: []string{"string not empty", "list of string of at least 1"}},
		"models.approval": {Type: "Approval or string",
			Allowed: []string{"Approval", `"auto"`, `"manual"`}},
		"endpoints.replicas.max": {Type: "integer", Default: "min", Allowed: []string{"integer >=1 & <=1000"}},
		"endpoints.drift.tests": {Type: "string", Default: `"auto"`,
			Allowed: []string{`"auto"`, `"ks"`, `"chisquare"`, `"z"`, `"wasserstein"`, `"jensenshannon"`, `"psi"`}},
		"models.params.C": {Type: "number", Default: "1.0", When: `algorithm == "logistic_regression"`,
			Allowed: []string{"number >0"}},
		"models.search.space":    {Type: "map of list of any of at least 1", Required: true},
		"models.require.metrics": {Type: "map of number"},
	} {
		got := only(t, path)
		if got.Type != want.Type || got.Required != want.Required || got.RequiredIf != want.RequiredIf ||
			got.Default != want.Default || got.When != want.When || !slices.Equal(got.Allowed, want.Allowed) {
			t.Errorf("%s: got type %q, required %t %q, default %q, when %q, allowed %q", path, got.Type, got.Required,
				got.RequiredIf, got.Default, got.When, got.Allowed)
		}
	}
}

func TestFind(t *testing.T) {
	root := tree(t)
	for given, want := range map[string]string{
		"":                                         "",
		"datasets":                                 "datasets",
		"datasets.applications":                    "datasets",
		"datasets.applications.columns":            "datasets.NAME.columns",
		"datasets.columns.anonymise":               "datasets.NAME.columns.NAME.anonymise",
		"datasets.applications.columns.Age.type":   "datasets.NAME.columns.NAME.type",
		"datasets.NAME.columns.NAME.type":          "datasets.NAME.columns.NAME.type",
		"datasets.expect.severity":                 "datasets.NAME.expect[].severity",
		"datasets.applications.expect.0.severity":  "datasets.NAME.expect[].severity",
		"datasets.applications.expect[0].severity": "datasets.NAME.expect[].severity",
		"datasets.NAME.expect[].severity":          "datasets.NAME.expect[].severity",
		`models."default-risk".target`:             "models.NAME.target",
		"models.require.fairness.Age.split":        "models.NAME.require.fairness.NAME.split",
		"models.require.robustness.noise.roc_auc":  "models.NAME.require.robustness.noise.NAME",
	} {
		found, err := root.Find(given)
		if err != nil || len(found) != 1 || found[0].Path != want {
			t.Errorf("%q: %v, %v, want %s", given, found, err, want)
		}
	}
	if found, err := root.Find("models.params.max_depth"); err != nil || len(found) != 2 ||
		found[0].When == found[1].When {
		t.Errorf("max_depth of two algorithms: %v, %v", found, err)
	}
}

func TestFindRefusesWhatThereIsNot(t *testing.T) {
	for given, want := range map[string]string{
		"datset":                         `unknown field "datset" in a blueprint; did you mean "datasets"?`,
		"datasets.colums":                `unknown field "colums" in datasets; did you mean "columns"?`,
		"datasets.columns.anonymize":     `unknown field "anonymize" in datasets.NAME.columns; did you mean "anonymise"?`,
		"models.default-risk.targte":     `unknown field "targte" in models; did you mean "target"?`,
		"owner.team.lead":                `unknown field "lead" in owner.team; it has no fields`,
		"datasets.expect.first.severity": `unknown field "first" in datasets.NAME.expect; known are`,
	} {
		_, err := tree(t).Find(given)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", given, err, want)
		}
	}
}

func TestWrite(t *testing.T) {
	var out strings.Builder
	if err := only(t, "datasets.columns.anonymise").Write(&out, false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"FIELD:     datasets.NAME.columns.NAME.anonymise\n", "TYPE:      string\n",
		`ALLOWED:   "hash", "mask", "drop"`, "  anonymise changes",
		`  datasets: applications: columns: customer: `, `anonymise: "hash"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it lacks %q:\n%s", want, out.String())
		}
	}
	var brief, whole strings.Builder
	if err := tree(t).Write(&brief, false); err != nil {
		t.Fatal(err)
	}
	if err := tree(t).Write(&whole, true); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(brief.String(), "anonymise") || !strings.Contains(whole.String(), "\n      anonymise") {
		t.Errorf("a tree is not what it should be:\n%s\n%s", brief.String(), whole.String())
	}
}
