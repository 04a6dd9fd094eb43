package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/stacks/aws"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/record"
)

// maxAsked bounds a line of what record is asked.
const maxAsked = 64 << 20

// question is one plan to record, answered under its key.
type question struct {
	Key  string          `json:"key"`
	Plan json.RawMessage `json:"plan"`
}

// recorded is the answer: resources, or what is wrong with the plan.
type recorded struct {
	Key       string     `json:"key"`
	Resources []resource `json:"resources,omitempty"`
	Error     string     `json:"error,omitempty"`
}

// resource is one that the plan's workloads have on AWS.
type resource struct {
	Type       string         `json:"type"`
	Name       string         `json:"name"`
	Properties map[string]any `json:"properties"`
	Protect    bool           `json:"protect,omitempty"`
	Retain     bool           `json:"retain,omitempty"` // it outlives its deletion
	URN        string         `json:"urn"`
	References []string       `json:"references,omitempty"` // URNs that its properties come from
}

func recordVerb(out io.Writer) *cobra.Command {
	return &cobra.Command{
		Use:   "record",
		Short: "Print the resources of plans, for `ashlar plan --base`",
		Long: `Record reads plans from standard input, one {"key": ..., "plan": ...} a line, and
writes the resources of each plan's workloads on AWS, one {"key": ..., "resources":
[...]} a line, in the same order. The stack's config is a fixed example, so that two plans
can be compared: parts that your stack's config says exist are not known, so that with
existing.bucket each store and dataset is listed with a bucket of its own. Secret values
are left out.`,
		Example: `  ashlar plan --base origin/main    # runs it`,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return recordAll(c.Context(), c.InOrStdin(), out) },
	}
}

// recordAll answers every line, a core each at a time, in their order and as soon as
// it is known.
func recordAll(ctx context.Context, in io.Reader, out io.Writer) error {
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // much is made that is soon forgotten
	cores := runtime.GOMAXPROCS(0)
	answers := make(chan chan recorded, cores) // as many are worked on as it holds
	written := make(chan error, 1)
	go func() {
		defer crash.Guard()
		written <- writeAnswers(out, answers)
	}()
	err := questions(in, func(q question) {
		answer := make(chan recorded, 1)
		answers <- answer
		go func() {
			defer crash.Guard()
			answer <- recordOne(ctx, q)
		}()
	})
	close(answers)
	return cmp.Or(ctx.Err(), err, <-written)
}

// questions calls f with every line.
func questions(in io.Reader, f func(question)) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 1<<20), maxAsked)
	for n := 1; lines.Scan(); n++ {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			return inputError{fmt.Errorf("line %d: %w", n, err)}
		}
		f(q)
	}
	if err := lines.Err(); err != nil {
		return inputError{err}
	}
	return nil
}

// writeAnswers writes the answers in their order. The first failure ends the writing, not
// the reading, so that nobody waits for it.
func writeAnswers(out io.Writer, answers <-chan chan recorded) (err error) {
	enc := json.NewEncoder(out)
	for answer := range answers {
		if a := <-answer; err == nil {
			err = enc.Encode(a)
		}
	}
	return err
}

func recordOne(ctx context.Context, q question) recorded {
	a := recorded{Key: q.Key}
	var err error
	if a.Resources, err = resourcesOf(ctx, q.Plan); err != nil {
		a.Error = err.Error()
	}
	return a
}

func resourcesOf(ctx context.Context, text []byte) ([]resource, error) {
	p, err := plan.Decode(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	cfg := config.Defaults(config.LayerWorkloads, config.ProviderAWS, p.Environment)
	cfg.Region, cfg.Foundation, cfg.Image = "eu-central-1", "organization/ashlar/foundation",
		"registry.example.com/ashlar-runtime:0.0.0"
	known := map[string]string{}
	for _, name := range aws.FoundationOutputs() {
		known[name] = record.Variable(name)
	}
	rec, err := record.Program(ctx, aws.Program([]*plan.Plan{p}, cfg, nil),
		record.Run{Project: "ashlar", Stack: p.Environment,
			References: map[string]map[string]string{cfg.Foundation: known}})
	if err != nil {
		return nil, err
	}
	read := readerOf(rec)
	var out []resource
	for _, r := range rec.Resources {
		if !r.Custom || strings.HasPrefix(r.Type, "pulumi:") {
			continue
		}
		one := resource{Type: r.Type, Name: r.Name, Properties: map[string]any{}, Protect: r.Protect,
			Retain: r.RetainOnDelete, URN: r.URN}
		for _, property := range slices.Sorted(maps.Keys(r.PropertyDependencies)) {
			one.References = append(one.References, r.PropertyDependencies[property]...)
		}
		var problems []error
		for name, value := range r.Inputs {
			if record.HasSecret(value) {
				continue
			}
			text, err := read.value(record.Plain(value))
			one.Properties[string(name)], problems = text, append(problems, err)
		}
		if err := errors.Join(problems...); err != nil {
			return nil, fmt.Errorf("%s %s: %w", r.Type, r.Name, err)
		}
		out = append(out, one)
	}
	return out, nil
}

// planDigest is the digest that the workloads carry; "" where none does.
func planDigest(rec *record.Recording) string {
	for _, r := range rec.Resources {
		metadata, _ := record.PlainMap(r.Inputs)["metadata"].(map[string]any)
		annotations, _ := metadata["annotations"].(map[string]any)
		if digest, ok := annotations["ashlar.dev/plan-digest"].(string); ok {
			return digest
		}
	}
	return ""
}

// reader makes values readable.
type reader struct {
	rec *record.Recording
	// digest replaces the digest of the plan, whole and as it is cut for labels, by a
	// word; nil where there is none.
	digest *strings.Replacer
	begins string // what all of the digest's forms have in them
}

// readerOf returns the reader of a recording.
func readerOf(rec *record.Recording) reader {
	digest := planDigest(rec)
	bare, ok := strings.CutPrefix(digest, "sha256:")
	if !ok || len(bare) != 64 {
		return reader{rec: rec}
	}
	return reader{rec, strings.NewReplacer(digest, "PLAN", bare, "PLAN", bare[:63], "PLAN", bare[:12], "PLAN"), bare[:12]}
}

// value is the value with references by name, and with the plan's digest,
// which is on everything, as a word: it moves with every change.
func (r reader) value(v any) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		for name, one := range v {
			read, err := r.value(one)
			if err != nil {
				return nil, err
			}
			v[name] = read
		}
	case []any:
		for i, one := range v {
			read, err := r.value(one)
			if err != nil {
				return nil, err
			}
			v[i] = read
		}
	case string:
		text, err := r.rec.Expand(v, func(ref record.Reference) (string, error) {
			name := ref.Variable + ref.Data + ref.URN[strings.LastIndex(ref.URN, ":")+1:]
			return "${" + strings.Join(append([]string{name}, ref.Path...), ".") + "}", nil
		}, nil)
		if r.digest != nil && strings.Contains(text, r.begins) {
			text = r.digest.Replace(text)
		}
		return text, err
	}
	return v, nil
}
