package custom

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Bounds of a file of metrics that a stage writes, in bytes and in what it holds.
const (
	maxMetrics        = 4 << 20
	maxMetricDepth    = 32
	maxMetricName     = 500
	maxMetricNumbers  = 100_000 // of a stage
	maxMetricProblems = 20
)

// readMetrics adds what is in a metrics file to out: JSON whose numbers are named by their path,
// which has the file's name before it where there are several files. Two numbers
// of one name are an error: one of them would be lost.
func readMetrics(out map[string]float64, file string, b []byte, several bool) error {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return fmt.Errorf("metrics %s: %w; a metrics file is JSON with numbers", file, err)
	}
	prefix := ""
	if several {
		prefix = file
	}
	if err := numbers(out, prefix, v, 0); err != nil {
		return fmt.Errorf("metrics %s: %w", file, err)
	}
	return nil
}

// numbers adds the numbers of v by their names. What has no end worth keeping is
// an error: a name is as long as all that is above it together, so that a small
// file could fill the memory.
func numbers(out map[string]float64, name string, v any, depth int) error {
	if depth > maxMetricDepth || len(name) > maxMetricName {
		return fmt.Errorf("%.40q... lies deeper than %d values, or has a name of more than %d bytes; write it flatter",
			name, maxMetricDepth, maxMetricName)
	}
	below := func(key string) string {
		if name == "" {
			return key
		}
		return name + "." + key
	}
	switch v := v.(type) {
	case float64:
		if _, taken := out[name]; taken {
			return fmt.Errorf("two numbers are called %q; rename one", name)
		}
		if len(out) >= maxMetricNumbers {
			return fmt.Errorf("more than %d numbers; keep what is many in a file that is an out", maxMetricNumbers)
		}
		out[name] = v
	case map[string]any:
		var problems []error
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if err := numbers(out, below(key), v[key], depth+1); err != nil {
				problems = append(problems, err)
			}
			if len(problems) >= maxMetricProblems {
				break
			}
		}
		return errors.Join(problems...)
	case []any:
		for i, one := range v {
			if err := numbers(out, below(strconv.Itoa(i)), one, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}
