package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// MaxPlanBytes bounds what Decode reads: a plan is far below a ConfigMap's 1 MiB.
const MaxPlanBytes = 1 << 20

// Bounds of what a plan says is to be ignored. Each path is a walk through the plan.
const (
	maxIgnored      = 64
	maxIgnoredSteps = 32
)

// Decode reads a plan strictly: unknown fields, another APIVersion, a format that
// this program does not read, trailing data and more than MaxPlanBytes are errors.
// Of a newer format, fields that the plan says can be ignored are left out: see
// Stated, and Ignored.
func Decode(r io.Reader) (*Plan, error) { return known().decode(r) }

func (f formats) decode(r io.Reader) (*Plan, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxPlanBytes+1))
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	if len(raw) > MaxPlanBytes {
		return nil, fmt.Errorf("plan: larger than %d bytes", MaxPlanBytes)
	}
	var w written
	if err := Weigh(raw, &w); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	// What is no JSON at all, or not of these types, is the strict decoder's to say.
	var head struct {
		APIVersion string  `json:"apiVersion"`
		Format     *Stated `json:"format"`
	}
	_ = json.Unmarshal(raw, &head)
	stated := Stated{Version: 1, Reads: 1}
	if head.Format != nil {
		stated = *head.Format
	}
	if head.APIVersion == APIVersion {
		if err := f.check(stated); err != nil {
			return nil, fmt.Errorf("plan: %w", err)
		}
	}
	text := raw
	if stated.Version > f.newest {
		if text, err = f.ignore(raw, stated.Ignore); err != nil {
			return nil, fmt.Errorf("plan: %w", err)
		}
		w.whole, w.ignored = DigestBytes(raw), stated.Ignore
	}
	if err := strictly(text, &w); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	if w.APIVersion != APIVersion {
		return nil, fmt.Errorf("plan: apiVersion %q, want %q", w.APIVersion, APIVersion)
	}
	if err := f.honest(&w.Plan, stated); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	return &w.Plan, nil
}

// strictly decodes the text, which is the plan and nothing else.
func strictly(text []byte, w *written) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(w); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("data after the end of the plan")
	}
	return nil
}

// ignore leaves out the fields of a newer format.
func (f formats) ignore(raw json.RawMessage, paths []string) (json.RawMessage, error) {
	var err error
	for _, path := range paths {
		steps := strings.Split(path, ".")
		if len(steps) > maxIgnoredSteps {
			return nil, fmt.Errorf("its format ignores a field of more than %d steps", maxIgnoredSteps)
		}
		if raw, err = without(raw, reflect.TypeFor[written](), steps); err != nil {
			return nil, err
		}
	}
	return raw, nil
}

// honest returns an error where the plan uses a field that is newer than the format
// that it says it is of: a program that does not know the field would have been told
// that it may act on the plan.
func (f formats) honest(p *Plan, stated Stated) error {
	needs, err := f.state(p)
	if err != nil || needs == nil {
		return err
	}
	if stated.Version < needs.Version || stated.Reads < needs.Reads {
		return fmt.Errorf("it says that it is of format %d and that programs of format %d read it, but it has fields of format %d that only programs of format %d read",
			stated.Version, stated.Reads, needs.Version, needs.Reads)
	}
	return nil
}
