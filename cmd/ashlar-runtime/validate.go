package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/pipeline"
	"github.com/ashlar-dev/ashlar/runtime/store"
	"github.com/ashlar-dev/ashlar/runtime/validate"
)

// validateFlags are the flags of the duty.
type validateFlags struct {
	model, run, part string
	merge            int
}

func validateDuty(a *app) *cobra.Command {
	var f validateFlags
	c := &cobra.Command{
		Use:   "validate --model NAME --run ID (--part I/N | --merge N)",
		Short: "Validate a part of a model's dataset, or merge the parts",
		Long: `Validate spreads the validation of a dataset of several files over workloads. Each
validates its part, counted from 0, and keeps what it counted in the store; the last
one merges the parts of the run into the report, which is the one that a single pass
gives, to the byte. A part that is missing, damaged or of another blueprint ends it.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := f.check()
			if err != nil {
				return inputError{err}
			}
			s, err := a.settings(needs{model: f.model})
			if err != nil {
				return err
			}
			return a.stand(c.Context(), s, func(g *ground) error {
				name := g.plan.Models[f.model].Dataset
				v := parted{f: f, name: name, dataset: g.plan.Datasets[name], data: g.data, store: g.store}
				if f.merge > 0 {
					return v.merge(c.Context(), a)
				}
				return v.validate(c.Context(), p)
			})
		},
	}
	c.Flags().StringVar(&f.model, "model", "", "the model whose dataset it is")
	c.Flags().StringVar(&f.run, "run", "", "what the parts of one validation have in common, such as the workflow's name")
	c.Flags().StringVar(&f.part, "part", "", "which part of how many, such as 0/4")
	c.Flags().IntVar(&f.merge, "merge", 0, "merge so many parts")
	return c
}

var runIDs = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// check returns the part, or everything that is wrong.
func (f validateFlags) check() (dataset.Part, error) {
	var p dataset.Part
	var problems []error
	if f.model == "" {
		problems = append(problems, errors.New("name the model with --model"))
	}
	if !runIDs.MatchString(f.run) {
		problems = append(problems, fmt.Errorf("--run %q: want letters, digits, dots, dashes and underscores", f.run))
	}
	if (f.part == "") == (f.merge <= 0) {
		problems = append(problems, errors.New("say which part with --part I/N, or how many to merge with --merge N"))
	}
	if f.part != "" {
		index, of, _ := strings.Cut(f.part, "/")
		var err1, err2 error
		p.Index, err1 = strconv.Atoi(index)
		p.Of, err2 = strconv.Atoi(of)
		if err1 != nil || err2 != nil || p.Of < 1 || p.Index < 0 || p.Index >= p.Of {
			problems = append(problems, fmt.Errorf("--part %q: want I/N, with I from 0 to one below N", f.part))
		}
	}
	return p, errors.Join(problems...)
}

// parted is a validation in parts.
type parted struct {
	f       validateFlags
	name    string
	dataset plan.Dataset
	data    string
	store   *store.Store
}

// ref is where the digest of a part is kept, among what stages keep.
func (v parted) ref(i int) string {
	return fmt.Sprintf("stages/parts/%s/%s/%d", v.name, v.f.run, i)
}

func (v parted) options() validate.Options {
	return validate.Options{Dataset: v.name, TempDir: os.TempDir(), Profile: true}
}

// validate validates the part and keeps it.
func (v parted) validate(ctx context.Context, p dataset.Part) (err error) {
	reader, err := dataset.Open(ctx, v.dataset, dataset.Options{Dir: v.data, Part: p})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	// The store reads while the part is written, so that its size does not matter.
	r, w := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.CloseWithError(validate.RunPart(ctx, reader, v.dataset, p, v.options(), w)) // the reader's end hears of it
	}()
	digest, _, err := v.store.Put(ctx, r)
	err = errors.Join(err, r.Close())
	<-done
	if err != nil {
		return err
	}
	return v.store.PutRef(ctx, v.ref(p.Index), []byte(digest))
}

// merge merges the parts and prints the report.
func (v parted) merge(ctx context.Context, a *app) (err error) {
	var parts []io.Reader
	for i := range v.f.merge {
		digest, err := v.store.GetRef(ctx, v.ref(i))
		if err != nil {
			return fmt.Errorf("part %d of run %s: %w", i, v.f.run, err)
		}
		part, err := v.store.Get(ctx, string(digest))
		if err != nil {
			return fmt.Errorf("part %d of run %s: %w", i, v.f.run, err)
		}
		defer func() { _ = part.Close() }() // only read
		parts = append(parts, part)
	}
	report, err := validate.Merge(ctx, v.dataset, v.options(), parts...)
	if err != nil {
		return err
	}
	text, err := json.Marshal(report)
	if err != nil {
		return err
	}
	digest, _, err := v.store.Put(ctx, bytes.NewReader(text))
	if err != nil {
		return err
	}
	if err := a.print(map[string]any{"dataset": v.name, "rows": report.Rows, "success": report.Success, "statistics": report.Statistics, "report": digest}); err != nil {
		return err
	}
	if !report.Success {
		return &pipeline.Finding{Summary: fmt.Sprintf("dataset %s does not meet what the blueprint expects of it", v.name), Details: report.Failures(), Fix: "mend the data, or change the expectation in the blueprint if it is the one that is wrong"}
	}
	return nil
}
