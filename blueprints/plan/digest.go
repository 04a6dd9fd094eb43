package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Encode returns the plan's canonical JSON: keys sorted, no insignificant
// space, HTML characters as themselves, a newline at the end. Equal plans give
// equal bytes. It states the format that the fields in use need: see Stated.
func (p *Plan) Encode() ([]byte, error) { return known().encode(p) }

func (f formats) encode(p *Plan) ([]byte, error) {
	stated, err := f.state(p)
	if err != nil {
		return nil, fmt.Errorf("plan: format: %w", err)
	}
	return Canonical(written{*p, stated})
}

// Digest returns "sha256:" and the hexadecimal SHA-256 of Encode's bytes. Of a plan
// that was decoded without fields of a newer format it is that of the text with
// them: two programs that read one plan name it alike.
func (p *Plan) Digest() (string, error) {
	if p.whole != "" {
		return p.whole, nil
	}
	b, err := p.Encode()
	if err != nil {
		return "", err
	}
	return DigestBytes(b), nil
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

// ShortDigest abbreviates a digest for people: its algorithm and twelve digits.
func ShortDigest(digest string) string {
	return digest[:min(len(digest), len("sha256:")+12)]
}
