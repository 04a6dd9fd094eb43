package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// MaxPlanBytes bounds what Decode reads: a plan is far below a ConfigMap's 1 MiB.
const MaxPlanBytes = 1 << 20

// Encode returns the plan's canonical JSON: keys sorted, no insignificant
// space, HTML characters as themselves, a newline at the end. Equal plans give
// equal bytes.
func (p *Plan) Encode() ([]byte, error) {
	return Canonical(p)
}

// Digest returns "sha256:" and the hexadecimal SHA-256 of Encode's bytes.
func (p *Plan) Digest() (string, error) {
	return DigestOf(p)
}

// Canonical returns v as canonical JSON. Go maps are sorted by key and structs
// keep their declared order after a pass through a map, so field order in the
// source does not matter either.
func Canonical(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("canonical JSON: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return nil, fmt.Errorf("canonical JSON: %w", err)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(tree); err != nil {
		return nil, fmt.Errorf("canonical JSON: %w", err)
	}
	return out.Bytes(), nil
}

// DigestOf returns "sha256:" and the hexadecimal SHA-256 of v's canonical JSON.
func DigestOf(v any) (string, error) {
	b, err := Canonical(v)
	if err != nil {
		return "", err
	}
	return DigestBytes(b), nil
}

// DigestBytes returns "sha256:" and the hexadecimal SHA-256 of b.
func DigestBytes(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Decode reads a plan strictly: unknown fields, another APIVersion, trailing
// data and more than MaxPlanBytes are errors.
func Decode(r io.Reader) (*Plan, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxPlanBytes+1))
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	if len(raw) > MaxPlanBytes {
		return nil, fmt.Errorf("plan: larger than %d bytes", MaxPlanBytes)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	var p Plan
	if err := Weigh(raw, &p); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	if err := dec.Decode(&p); err != nil {
		return nil, fmt.Errorf("plan: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("plan: data after the end of the plan")
	}
	if p.APIVersion != APIVersion {
		return nil, fmt.Errorf("plan: apiVersion %q, want %q", p.APIVersion, APIVersion)
	}
	return &p, nil
}

// ShortDigest abbreviates a digest for people: its algorithm and twelve digits.
func ShortDigest(digest string) string {
	return digest[:min(len(digest), len("sha256:")+12)]
}
