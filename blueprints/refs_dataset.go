package blueprints

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/source"
)

func (r *refs) dataset(name string) {
	d := r.plan.Datasets[name]
	at := func(rest ...string) []string { return append([]string{"datasets", name}, rest...) }
	if strings.TrimSpace(d.Source) == "" {
		r.say("the source is empty", "name a file, a glob or a URL", at("source")...)
	}
	if local := filepath.FromSlash(d.Source); !strings.Contains(d.Source, "://") && !filepath.IsAbs(local) &&
		d.Source != "" && !filepath.IsLocal(local) {
		r.sayAs(source.WrongPath, fmt.Sprintf("the source %q leaves the blueprint's folder", d.Source),
			"put the data below it, or name an absolute path or a blob URL", at("source")...)
	}
	r.reaches(d.Source, at("source")...)
	if len(d.Columns) == 0 {
		r.say("no columns are declared", "", at("columns")...)
	}
	if len(d.CSV.Delimiter) != 1 || strings.ContainsAny(d.CSV.Delimiter, "\"\r\n") {
		r.say(fmt.Sprintf("delimiter %q: want one ASCII character that is neither a quote nor a line end",
			d.CSV.Delimiter), "", at("csv", "delimiter")...)
	}
	r.duration(d.Retention, at("retention")...)
	for _, c := range keys(d.Columns) {
		col := d.Columns[c]
		if len(col.Values) > 0 && col.Type != plan.Category {
			r.say(fmt.Sprintf("values belong to a category, but %s is of type %s", c, col.Type), "",
				at("columns", c, "values")...)
		}
		if sorted := slices.Sorted(slices.Values(col.Values)); len(slices.Compact(sorted)) < len(col.Values) {
			r.say("a value is listed twice", "", at("columns", c, "values")...)
		}
		if col.ValuesMostly > 0 && len(col.Values) == 0 {
			r.say("values_mostly is a share of the declared values, and there are none",
				"declare values, or take it away", at("columns", c, "values_mostly")...)
		}
		for i, v := range col.Values {
			r.readable(d, c, v, at("columns", c, "values", fmt.Sprint(i))...)
		}
		r.protection(name, c, col)
	}
	table := expectations()
	for i, e := range d.Expect {
		r.expectation(d, e, table, at("expect", fmt.Sprint(i)))
	}
}

// readable refuses a value of a column of texts that its null texts take for
// missing, so that no row could ever have it.
func (r *refs) readable(d plan.Dataset, column, value string, path ...string) {
	if !slices.Contains(d.NullTexts(column), value) {
		return
	}
	said := "csv.null_value"
	if d.Columns[column].NullValue != nil {
		said = "its null_value"
	}
	r.say(fmt.Sprintf("%q can never be read: %s takes it for missing in %s", value, said, column),
		fmt.Sprintf("say columns: %q: null_value with the texts that mean missing there, such as [] for none", column),
		path...)
}

// findable refuses a set whose values must all be found and cannot be.
func (r *refs) findable(d plan.Dataset, column string, set any, path []string) {
	list, _ := set.([]any)
	for i, v := range list {
		if s, ok := v.(string); ok && (d.Columns[column].Type == plan.Category || d.Columns[column].Type == plan.Text) {
			r.readable(d, column, s, append(path[:len(path):len(path)], fmt.Sprint(i))...)
		}
	}
}

// expectation checks one expectation against its signature and the columns.
func (r *refs) expectation(d plan.Dataset, e plan.Expectation, table map[string]expectation, path []string) {
	at := func(rest ...string) []string { return append(path[:len(path):len(path)], rest...) }
	if !r.among("expectation", e.Expectation, keys(table), at("expectation")...) {
		return
	}
	sig := table[e.Expectation]
	switch {
	case sig.column && e.Column == "":
		r.say(e.Expectation+" needs a column", "", path...)
	case !sig.column && e.Column != "":
		r.say(e.Expectation+" is about the table and takes no column", "", at("column")...)
	case sig.column:
		r.among("column", e.Column, keys(d.Columns), at("column")...)
	}
	for _, arg := range slices.Sorted(maps.Keys(e.Kwargs)) {
		if r.among("argument of "+e.Expectation, arg, keys(sig.args), at(arg)...) {
			r.argument(d, sig.args[arg], arg, e.Kwargs[arg], at(arg))
		}
		if e.Expectation == "column_distinct_values_to_contain_set" ||
			e.Expectation == "column_distinct_values_to_equal_set" {
			r.findable(d, e.Column, e.Kwargs[arg], at(arg))
		}
	}
	for _, arg := range sig.required {
		if _, ok := e.Kwargs[arg]; !ok {
			r.say(fmt.Sprintf("%s needs %s", e.Expectation, arg), "", path...)
		}
	}
	if sig.between {
		r.between(e, path)
	}
}

func (r *refs) between(e plan.Expectation, path []string) {
	low, hasLow := e.Kwargs["min_value"].(float64)
	high, hasHigh := e.Kwargs["max_value"].(float64)
	switch {
	case e.Kwargs["min_value"] == nil && e.Kwargs["max_value"] == nil:
		r.say(e.Expectation+" needs min_value, max_value or both", "", path...)
	case hasLow && hasHigh && low > high:
		r.say(fmt.Sprintf("min_value %g is more than max_value %g", low, high), "",
			append(path[:len(path):len(path)], "min_value")...)
	}
}

// argument checks one argument's value.
func (r *refs) argument(d plan.Dataset, kind argKind, name string, v any, path []string) {
	want := func(ok bool, words string) {
		if !ok {
			r.say(fmt.Sprintf("%s must be %s, found %s", name, words, shown(v)), "", path...)
		}
	}
	f, isNumber := v.(float64)
	s, isText := v.(string)
	l, isList := v.([]any)
	switch kind {
	case number:
		want(isNumber || v == nil, "a number")
	case share:
		want(isNumber && f >= 0 && f <= 1 || v == nil, "a number from 0 to 1")
	case whole:
		want(isNumber && f >= 0 && f == float64(int64(f)) || v == nil, "a whole number from 0")
	case truth:
		_, ok := v.(bool)
		want(ok, "true or false")
	case text:
		want(isText, "text")
	case regex:
		_, err := regexp.Compile(s)
		if want(isText, "text"); isText && err != nil {
			r.say(fmt.Sprintf("%s is not a valid RE2 expression: %v", name, err),
				"RE2 has no look-around and no back-references", path...)
		}
	case column:
		if want(isText, "a column's name"); isText {
			r.among("column", s, keys(d.Columns), path...)
		}
	case columnSet:
		want(isList && len(l) > 1, "a list of two columns or more")
		for i, e := range l {
			if c, ok := e.(string); ok {
				r.among("column", c, keys(d.Columns), append(path, fmt.Sprint(i))...)
			}
		}
	case nameList:
		want(isList && len(l) > 0, "a list of names")
	case valueSet:
		want(isList || v == nil, "a list of values")
	case quantiles, partition:
		_, ok := v.(map[string]any)
		want(ok, "a struct of lists")
	}
}

// shown writes a value as a blueprint would.
func shown(v any) string {
	if s, ok := v.(string); ok {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprint(v)
}
