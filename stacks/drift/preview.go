package drift

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// MaxPreview bounds a preview in bytes.
const MaxPreview = 128 << 20

// Preview reads what `pulumi preview --refresh --json` writes, or the engine's events, one
// JSON object a line, as --event-log and PULUMI_ENABLE_STREAMING_JSON_PREVIEW have them.
// Each step that is not "same" is a finding: after the refresh Pulumi would change back
// what somebody has changed. Values that Pulumi marks as secret are in no finding.
func Preview(r io.Reader) (Report, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxPreview+1))
	switch {
	case err != nil:
		return Report{}, fmt.Errorf("preview: %w", err)
	case len(text) > MaxPreview:
		return Report{}, fmt.Errorf("preview: larger than %d MiB", MaxPreview>>20)
	}
	steps, err := stepsOf(text)
	if err != nil {
		return Report{}, err
	}
	report := Report{Findings: []Finding{}}
	for _, s := range steps {
		if strings.Contains(s.URN, "::pulumi:pulumi:Stack::") || s.Op == "read" || s.Op == "refresh" {
			continue
		}
		report.Compared++
		report.Findings = append(report.Findings, s.findings()...)
	}
	report.Findings = Sorted(report.Findings)
	return report, nil
}

// step is what Pulumi would do with a resource.
type step struct {
	Op           string          `json:"op"`
	URN          string          `json:"urn"`
	Old          state           `json:"oldState"`
	New          state           `json:"newState"`
	DetailedDiff map[string]diff `json:"detailedDiff"`
	DiffReasons  []string        `json:"diffReasons"`
}

type state struct {
	Type    string         `json:"type"`
	Inputs  map[string]any `json:"inputs"`
	Outputs map[string]any `json:"outputs"`
}

type diff struct {
	Kind string `json:"kind"` // "add", "delete", "update", with "-replace" after it
}

// event is a line of the engine's events; those before a resource's change count.
type event struct {
	Pre *struct {
		Metadata struct {
			Op           string          `json:"op"`
			URN          string          `json:"urn"`
			Type         string          `json:"type"`
			Old          *state          `json:"old"`
			New          *state          `json:"new"`
			Diffs        []string        `json:"diffs"`
			DetailedDiff map[string]diff `json:"detailedDiff"`
		} `json:"metadata"`
	} `json:"resourcePreEvent"`
	Diagnostic *struct {
		Severity string `json:"severity"`
		Message  string `json:"message"`
	} `json:"diagnosticEvent"`
}

// errFailed is a preview that ended in an error: what it lists is not everything.
var errFailed = errors.New("preview: it ended in an error, so that not everything was compared")

// stepsOf reads either form.
func stepsOf(text []byte) ([]step, error) {
	var digest struct {
		Steps       []step `json:"steps"`
		Diagnostics []struct {
			Severity string `json:"severity"`
			Message  string `json:"message"`
		} `json:"diagnostics"`
		Summary map[string]int `json:"changeSummary"`
	}
	if json.Unmarshal(text, &digest) == nil && (digest.Steps != nil || digest.Summary != nil) {
		for _, d := range digest.Diagnostics {
			if d.Severity == "error" {
				return nil, fmt.Errorf("%w: %s", errFailed, firstLine(d.Message))
			}
		}
		return digest.Steps, nil
	}
	var out []step
	d := json.NewDecoder(bytes.NewReader(text))
	for n := 1; ; n++ {
		var e event
		switch err := d.Decode(&e); {
		case errors.Is(err, io.EOF) && n > 1:
			return out, nil
		case err != nil:
			return nil, fmt.Errorf("preview: object %d: %w; give it the output of `pulumi preview --refresh --json`", n,
				err)
		}
		if e.Diagnostic != nil && e.Diagnostic.Severity == "error" {
			return nil, fmt.Errorf("%w: %s", errFailed, firstLine(e.Diagnostic.Message))
		}
		if e.Pre == nil {
			continue
		}
		m := e.Pre.Metadata
		s := step{Op: m.Op, URN: m.URN, DetailedDiff: m.DetailedDiff, DiffReasons: m.Diffs, New: state{Type: m.Type}}
		if m.Old != nil {
			s.Old = *m.Old
		}
		if m.New != nil {
			s.New = *m.New
		}
		out = append(out, s)
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return cut(line)
}

const maxShow = 200 // characters of a value in a finding

func cut(text string) string {
	if runes := []rune(text); len(runes) > maxShow {
		return string(runes[:maxShow]) + "..."
	}
	return text
}

// kind is the resource's type, and name its name in the program.
func (s step) kind() string {
	if s.New.Type != "" {
		return s.New.Type
	}
	return s.Old.Type
}

func (s step) name() string { return s.URN[strings.LastIndexByte(s.URN, ':')+1:] }

// findings are those of one step.
func (s step) findings() []Finding {
	change := Changed
	switch s.Op {
	case "same", "":
		return nil
	case "create": // the refresh did not find it
		return []Finding{s.finding("", Missing)}
	case "delete", "create-replacement", "delete-replaced", "discard-replaced":
		if s.Op != "delete" {
			return nil // part of a replacement, whose step is "replace"
		}
		return []Finding{s.finding("", Unknown)}
	}
	paths := slices.Sorted(maps.Keys(s.DetailedDiff))
	if len(paths) == 0 {
		paths = slices.Sorted(slices.Values(s.DiffReasons))
	}
	if len(paths) == 0 {
		return []Finding{s.finding("", change)}
	}
	var out []Finding
	for _, path := range paths {
		change := Changed
		// Pulumi says what it would do, the opposite of what has happened.
		switch kind := s.DetailedDiff[path].Kind; {
		case strings.HasPrefix(kind, "add"):
			change = Removed
		case strings.HasPrefix(kind, "delete"):
			change = Added
		}
		out = append(out, s.finding(path, change))
	}
	return out
}

func (s step) finding(path, change string) Finding {
	steps := pathSteps(path)
	path = strings.ReplaceAll(path, `"`, "") // as the rules and findings in a cluster have it
	f := Finding{Object: s.kind() + " " + s.name(), Path: path, Change: change, Advice: adviceOf(change)}
	kind := s.kind()
	if rest, ok := strings.CutPrefix(kind, "kubernetes:"); ok {
		kind = rest[strings.LastIndexByte(rest, ':')+1:]
		f.Class, f.Why = Classify(kind, path, change)
	} else {
		f.Class, f.Why = classifyResource(kind, path)
	}
	if path != "" && change != Missing && change != Unknown && !secretPath(kind, path) {
		f.Expected, f.Found = value(s.New.Inputs, steps), value(s.Old.Outputs, steps)
		if f.Found == "" {
			f.Found = value(s.Old.Inputs, steps)
		}
	}
	if strings.HasPrefix(s.kind(), "kubernetes:") {
		f = f.From(kind, s.New.Inputs)
	}
	return f
}

// adviceOf says what to do about a resource.
func adviceOf(change string) string {
	switch change {
	case Missing:
		return "deploy again, which makes it again; what was in it is gone"
	case Unknown:
		return "the program no longer makes it: deploy, which deletes it, or put it back into the program"
	}
	return "deploy again, which sets it back, or put the change into the blueprint or the stack's config"
}

// secretPath reports whether a value may be a secret that Pulumi does not know of.
func secretPath(kind, path string) bool {
	low := strings.ToLower(kind + " " + path)
	for _, word := range []string{"password", "secret", "token", "privatekey", "kubeconfig", "stringdata"} {
		if strings.Contains(low, word) {
			return true
		}
	}
	return false
}

// secretMark is the key of an object that stands for a secret in Pulumi's JSON.
const secretMark = "4dabf18193072939515e22adb298388d"

// pathSteps splits a path as Pulumi writes it: a.b[0]["with.dots"].
func pathSteps(path string) []string {
	var out []string
	for path != "" {
		switch {
		case strings.HasPrefix(path, `["`):
			name, rest, ok := strings.Cut(path[2:], `"]`)
			if !ok {
				return append(out, path)
			}
			out, path = append(out, name), rest
		case path[0] == '.' || path[0] == '[' || path[0] == ']':
			path = path[1:]
		default:
			end := strings.IndexAny(path, ".[]")
			if end < 0 {
				end = len(path)
			}
			out, path = append(out, path[:end]), path[end:]
		}
	}
	return out
}

// value shows what the steps lead to; "" where there is nothing, or a secret.
func value(of map[string]any, steps []string) string {
	var v any = of
	for _, part := range steps {
		switch at := v.(type) {
		case map[string]any:
			v = at[part]
		case []any:
			var i int
			if _, err := fmt.Sscanf(part, "%d", &i); err != nil || i < 0 || i >= len(at) {
				return ""
			}
			v = at[i]
		default:
			return ""
		}
	}
	if v == nil {
		return ""
	}
	text, err := json.Marshal(v)
	if err != nil || strings.Contains(string(text), secretMark) || strings.Contains(string(text), "[secret]") {
		return "(hidden)"
	}
	return cut(string(text))
}
