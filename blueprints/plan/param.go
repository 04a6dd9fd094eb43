package plan

import (
	"maps"
	"slices"
	"strings"
)

// ParamDate is a param that every pipeline has: the date that a run stands for,
// as YYYY-MM-DD. A backfill gives each run another.
const ParamDate = "date"

// Param finds a value by its name, whose dots go down into maps.
func Param(params map[string]any, name string) (any, bool) {
	var at any = params
	for _, field := range strings.Split(name, ".") {
		m, ok := at.(map[string]any)
		if !ok {
			return nil, false
		}
		if at, ok = m[field]; !ok {
			return nil, false
		}
	}
	return at, true
}

// ParamNames are the names of all values, sorted; a map is named by its fields.
func ParamNames(params map[string]any) []string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(params)) {
		if m, ok := params[key].(map[string]any); ok && len(m) > 0 {
			for _, rest := range ParamNames(m) {
				out = append(out, key+"."+rest)
			}
			continue
		}
		out = append(out, key)
	}
	return out
}

// ParamVariable is the environment variable that a stage's command finds the
// param in. Every sign that a variable cannot have becomes an underscore, so the
// names of two params may become one variable; a stage that names both is
// refused when the blueprint is checked.
func ParamVariable(name string) string {
	return "ASHLAR_PARAM_" + strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' {
			return c - 'a' + 'A'
		}
		if c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			return c
		}
		return '_'
	}, name)
}
