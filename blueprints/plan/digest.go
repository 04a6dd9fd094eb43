package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Encode returns the plan's canonical JSON: keys sorted, no insignificant
// space, HTML characters as themselves, a newline at the end. Equal plans give
// equal bytes. It states the format that the fields in use need: see Stated.
func (p *Plan) Encode() ([]byte, error) { return known().encode(p) }

// encode writes the plan's JSON once, and reads from it both what the plan uses and what
// is sorted: plans are encoded for every resource that carries their digest.
func (f formats) encode(p *Plan) ([]byte, error) {
	raw, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("canonical JSON: %w", err)
	}
	tree, err := pieces(raw)
	if err != nil {
		return nil, err
	}
	if f.mentioned(raw) {
		if stated := f.stateOf(tree); stated != nil {
			if tree, err = tree.with("format", stated.fields()); err != nil {
				return nil, err
			}
		}
	}
	return tree.bytes(len(raw)), nil
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

// Canonical returns v as canonical JSON. Fields are sorted by name, so the order of a
// struct's fields in the source does not matter.
func Canonical(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("canonical JSON: %w", err)
	}
	tree, err := pieces(raw)
	if err != nil {
		return nil, err
	}
	return tree.bytes(len(raw)), nil
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
