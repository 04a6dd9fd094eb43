package airflow

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// literal writes a value as Python has it. Texts are of ASCII, with escapes that
// mean the same in both languages, so that nothing in a text can end it.
func literal(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "None", nil
	case bool:
		if v {
			return "True", nil
		}
		return "False", nil
	case string:
		return strconv.QuoteToASCII(strings.ToValidUTF8(v, "\ufffd")), nil
	case int:
		return strconv.Itoa(v), nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return strconv.FormatInt(int64(v), 10), nil
		}
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case []string:
		out := make([]any, len(v))
		for i := range v {
			out[i] = v[i]
		}
		return literal(out)
	case []any:
		var parts []string
		for _, one := range v {
			text, err := literal(one)
			if err != nil {
				return "", err
			}
			parts = append(parts, text)
		}
		return "[" + strings.Join(parts, ", ") + "]", nil
	case map[string]any:
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			text, err := literal(v[key])
			if err != nil {
				return "", err
			}
			parts = append(parts, strconv.QuoteToASCII(strings.ToValidUTF8(key, "\ufffd"))+": "+text)
		}
		return "{" + strings.Join(parts, ", ") + "}", nil
	}
	return "", fmt.Errorf("%T cannot be written in Python", v)
}

// at goes down into maps.
func at(m map[string]any, path ...string) any {
	var v any = m
	for _, key := range path {
		below, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = below[key]
	}
	return v
}

func list(v any) []map[string]any {
	var out []map[string]any
	all, _ := v.([]any)
	for _, one := range all {
		if m, ok := one.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func words(v any) []string {
	var out []string
	all, _ := v.([]any)
	for _, one := range all {
		if text, ok := one.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

// whole reads a number as YAML or JSON gives it.
func whole(v any) (int, bool) {
	switch v := v.(type) {
	case int:
		return v, true
	case float64:
		return int(v), true
	}
	return 0, false
}

// clone copies a map as deep as it goes.
func clone(v any) map[string]any {
	out := map[string]any{}
	b, err := json.Marshal(v)
	if err == nil {
		_ = json.Unmarshal(b, &out) // what has just been encoded
	}
	return out
}
