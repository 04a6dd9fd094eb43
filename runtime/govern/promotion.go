package govern

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

const (
	promotionFormat = "ashlar.dev/promotion/v1"
	maxPromotion    = 4 << 20 // bytes; the registry's record has a quarter of it at most
)

// Promotion is what was known of a version when it was promoted: the evidence
// that a pin names by digest. It is kept beside the pin, so that reviewers see
// it and a check needs no registry. A registry that serves believes its own
// records and not this one.
type Promotion struct {
	Format      string           `json:"format"`
	Environment string           `json:"environment"`
	Version     registry.Version `json:"version"`
	Before      *Before          `json:"before,omitempty"` // nil: the first to be pinned
}

// Before is the version that the environment was pinned to until then.
type Before struct {
	Version int                `json:"version"`
	Model   string             `json:"model"` // digest of the file
	Metrics map[string]float64 `json:"metrics,omitempty"`
}

// Promote puts down what is known of the version. Aliases move by themselves
// and are no evidence.
func Promote(environment string, v registry.Version, before *Before) Promotion {
	v.Aliases = nil
	return Promotion{Format: promotionFormat, Environment: environment, Version: v, Before: before}
}

// Encode returns the file and its digest, which is of what it says and not of
// how it is indented.
// The file is indented so that a pull request shows what changed, line by line.
func (p Promotion) Encode() (file []byte, digest string, err error) {
	canonical, err := plan.Canonical(p)
	if err != nil {
		return nil, "", fmt.Errorf("evidence of %s version %d: %w", p.Version.Model, p.Version.Version, err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, canonical, "", "  "); err != nil {
		return nil, "", err
	}
	out.WriteByte('\n')
	return out.Bytes(), plan.DigestBytes(canonical), nil
}

// DecodePromotion reads what Encode wrote and returns its digest too. Unknown
// fields, other formats and anything after the end are errors.
// The evidence is in a repository that anybody may send changes to, so its size is
// bounded before it is read, and Weigh bounds what decoding may allocate.
func DecodePromotion(r io.Reader) (p Promotion, digest string, err error) {
	text, err := io.ReadAll(io.LimitReader(r, maxPromotion+1))
	if err != nil {
		return p, "", err
	}
	if len(text) > maxPromotion {
		return p, "", fmt.Errorf("larger than %d bytes", maxPromotion)
	}
	if err := plan.Weigh(text, &p); err != nil {
		return p, "", err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, "", err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return p, "", errors.New("something follows the evidence")
	}
	if p.Format != promotionFormat {
		return p, "", fmt.Errorf("format %q: this version reads %q", p.Format, promotionFormat)
	}
	_, digest, err = p.Encode()
	return p, digest, err
}

// Pin is the pin that names this evidence.
// The digest in it ties the pin to the evidence: neither can be edited alone.
func (p Promotion) Pin() (plan.Pin, error) {
	_, digest, err := p.Encode()
	v := p.Version
	return plan.Pin{Version: v.Version, Model: v.ModelDigest, Data: v.Data.Digest,
		Plan: v.PlanDigest, Evidence: digest}, err
}
