package blueprints

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/source"
)

// maxExpanded bounds the stages that one foreach or matrix makes.
const maxExpanded = 10_000

// expansion turns foreach and matrix of a pipeline's stages into stages.
type expansion struct {
	say  func(message, hint string, path ...string)
	path []string // of the pipeline's stages
	out  map[string]any
}

// expand replaces the stages of every pipeline by what they stand for.
func expand(doc map[string]any, say func(message, hint string, path ...string)) {
	lines, _ := doc["pipelines"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		line, _ := lines[name].(map[string]any)
		stages, ok := line["stages"].(map[string]any)
		if !ok {
			continue
		}
		e := expansion{say: say, path: []string{"pipelines", name, "stages"}, out: map[string]any{}}
		for _, stage := range slices.Sorted(maps.Keys(stages)) {
			if body, ok := stages[stage].(map[string]any); ok {
				e.stage(stage, body)
			}
		}
		line["stages"] = e.out
	}
}

func (e *expansion) at(path ...string) []string {
	return append(e.path[:len(e.path):len(e.path)], path...)
}

func (e *expansion) stage(name string, body map[string]any) {
	each, has := body["foreach"]
	do, does := body["do"].(map[string]any)
	matrix, crossed := body["matrix"].(map[string]any)
	delete(body, "foreach")
	delete(body, "do")
	delete(body, "matrix")
	switch {
	case has != does:
		e.say("foreach and do go together", "write what each stage does below do", e.at(name)...)
	case has && crossed:
		e.say("a stage has foreach or matrix, not both", "a matrix with one axis is a foreach", e.at(name)...)
	case has && len(body) > 0:
		e.beside(name, body)
	case has:
		e.foreach(name, each, do)
	case crossed:
		e.matrix(name, matrix, body)
	default:
		e.add(name, name, body)
	}
}

// beside refuses fields beside foreach. All but description may be below do.
func (e *expansion) beside(name string, body map[string]any) {
	hint := "move it below do"
	_, described := body["description"]
	switch {
	case described && len(body) == 1:
		hint = "remove it, or make it a comment"
	case described:
		hint = "make description a comment, and move the others below do"
	case len(body) > 1:
		hint = "move them below do"
	}
	fields := source.List(slices.Sorted(maps.Keys(body)))
	verb := "is"
	if len(body) > 1 {
		verb = "are"
	}
	e.say(fmt.Sprintf("%s %s not allowed beside foreach", fields, verb), hint, e.at(name)...)
}

func (e *expansion) foreach(name string, each any, do map[string]any) {
	switch each := each.(type) {
	case []any:
		plain := !slices.ContainsFunc(each, func(v any) bool { _, ok := scalar(v); return !ok })
		for i, item := range each {
			suffix := strconv.Itoa(i)
			if plain {
				suffix, _ = scalar(item)
			}
			e.copy(name, suffix, do, map[string]any{"item": item})
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(each)) {
			e.copy(name, key, do, map[string]any{"item": each[key], "key": key})
		}
	}
}

func (e *expansion) matrix(name string, axes map[string]any, body map[string]any) {
	names, total := slices.Sorted(maps.Keys(axes)), 1
	for _, axis := range names {
		values, _ := axes[axis].([]any)
		if len(values) == 0 {
			e.say("the axis has no values", "give it some, or take it away", e.at(name, "matrix", axis)...)
		}
		if total *= len(values); total > maxExpanded {
			e.say(fmt.Sprintf("the matrix has more than %d combinations", maxExpanded),
				"leave values out", e.at(name, "matrix")...)
			return
		}
	}
	for n := range total {
		item, suffix, rest := map[string]any{}, make([]string, len(names)), n
		for i, axis := range slices.Backward(names) {
			values, _ := axes[axis].([]any)
			at := rest % len(values)
			rest /= len(values)
			item[axis] = values[at]
			text, ok := scalar(values[at])
			if !ok {
				text = axis + strconv.Itoa(at)
			}
			suffix[i] = text
		}
		e.copy(name, strings.Join(suffix, "-"), body, map[string]any{"item": item})
	}
}

var unfit = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// copy adds the stage name@suffix with its templates filled in.
func (e *expansion) copy(name, suffix string, body map[string]any, scope map[string]any) {
	full := name + "@" + unfit.ReplaceAllString(suffix, "_")
	if _, taken := e.out[full]; taken {
		e.say(fmt.Sprintf("two stages would be named %s", full),
			"give the members values that differ, or a map with keys", e.at(name)...)
		return
	}
	rest := maps.Clone(body)
	delete(rest, "cmd")
	filled, _ := e.fill(rest, scope, name).(map[string]any)
	if cmd, ok := body["cmd"]; ok {
		filled["cmd"] = cmd
	}
	e.command(filled, scope, name) // last: what values hold is no template
	e.add(full, name, filled)
}

// template matches ${item}, ${item.a.b} and ${key}; any other ${...} is the
// shell's.
var template = regexp.MustCompile(`\$\{\s*((?:item|key)(?:\.[A-Za-z0-9_.-]+)?)\s*\}`)

// fill replaces the templates in every text below v.
func (e *expansion) fill(v any, scope map[string]any, stage string) any {
	switch v := v.(type) {
	case string:
		return template.ReplaceAllStringFunc(v, func(found string) string {
			text, _ := e.value(template.FindStringSubmatch(found)[1], found, scope, stage)
			return text
		})
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = e.fill(v[i], scope, stage)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = e.fill(v[k], scope, stage)
		}
		return out
	}
	return v
}

// value is what a template's word stands for; false, and said, where it is
// nothing that can be written.
func (e *expansion) value(word, found string, scope map[string]any, stage string) (string, bool) {
	var at any = scope
	for _, field := range strings.Split(word, ".") {
		m, _ := at.(map[string]any)
		at = m[field]
	}
	text, ok := scalar(at)
	if !ok {
		e.say(fmt.Sprintf("%s is not a string, number or bool of this stage's members", found), "", e.at(stage)...)
	}
	return text, ok
}

func (e *expansion) add(full, origin string, body map[string]any) {
	if _, ok := body["cmd"]; !ok {
		e.say(`"cmd" is missing; it must be a command line or a list of them`, "", e.at(origin)...)
		return
	}
	body["cmd"] = lines(body["cmd"])
	e.out[full] = body
}

// lines turns the short form of a command into a list.
func lines(cmd any) any {
	if one, ok := cmd.(string); ok {
		return []any{one}
	}
	return cmd
}

// scalar writes a text, number or boolean as a template has it.
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64, json.Number:
		b, err := json.Marshal(v)
		return string(b), err == nil
	}
	return "", false
}
