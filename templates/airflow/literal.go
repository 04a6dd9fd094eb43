package airflow

import (
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
