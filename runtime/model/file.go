package model

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// The model file. All integers are little-endian.
//
//	8 bytes   magic "ASHLARM\n"
//	4 bytes   format version
//	4 bytes   length of the header
//	header    canonical JSON: the model, its estimator's shape, and for every
//	          array its name, type and length
//	arrays    one after another, unpadded, in the header's order
//	32 bytes  SHA-256 of everything before
//
// The header alone says what the model is and how to read the rest: a reader in
// another language needs no code of ours.
//
// Format 2 has one array more at the end, of what explanations need: "cover" of
// trees, or "means" of a linear model. A model without it is written in format
// 1, so that it keeps its bytes and its digest.
//
// Format 3 is of trees that split by categories. It has "cover", empty where it
// is not known, and then "set", "set_sizes" and "bounds". It is also of graphs,
// which have one array "onnx" of bytes.
const (
	magic         = "ASHLARM\n"
	plainVersion  = 1
	coverVersion  = 2
	FormatVersion = 3

	// MaxFileBytes and MaxHeaderBytes bound what Decode reads.
	MaxFileBytes   = 1 << 30
	MaxHeaderBytes = 8 << 20

	preambleBytes = len(magic) + 4 + 4
)

// header is the JSON part of the file.
type header struct {
	Model     Model       `json:"model"`
	Estimator shape       `json:"estimator"`
	Arrays    []arrayInfo `json:"arrays"`
}

// shape is the estimator without its arrays.
type shape struct {
	Kind    string `json:"kind"`    // "ensemble", "linear", "graph" or "remote"
	Columns int    `json:"columns"` // encoded columns it was fitted on
	Outputs int    `json:"outputs"`
	Average bool   `json:"average,omitempty"`
	Link    Link   `json:"link"`
}

// arrayInfo describes one array of the file.
type arrayInfo struct {
	Name   string `json:"name"`
	Type   string `json:"type"` // "float64", "int32", "uint8" (flags) or "bytes"
	Length int    `json:"length"`
}

// Encode writes the model file. Equal models give equal bytes. The error is
// Check's, or the writer's; a model that is too large is not written.
//
// The size is known before the first byte is written, so a model that is too
// large leaves nothing behind. An error of the writer may leave a part, which
// its missing checksum gives away.
func (m *Model) Encode(w io.Writer) error {
	if err := m.Check(); err != nil {
		return err
	}
	a := arraysOf(m)
	h := header{Model: *m, Estimator: shapeOf(m), Arrays: a.infos()}
	head, err := plan.Canonical(h)
	if err != nil {
		return fmt.Errorf("model file: header: %w", err)
	}
	if n := preambleBytes + len(head) + a.bytes() + sha256.Size; len(head) > MaxHeaderBytes || n > MaxFileBytes {
		return fmt.Errorf("model file: %d bytes with a header of %d; at most %d and %d: use fewer or shallower trees, or fewer categories",
			n, len(head), MaxFileBytes, MaxHeaderBytes)
	}
	sum := sha256.New()
	out := io.MultiWriter(w, sum)
	preamble := append(make([]byte, 0, preambleBytes), magic...)
	preamble = binary.LittleEndian.AppendUint32(preamble, m.formatVersion())
	preamble = binary.LittleEndian.AppendUint32(preamble, uint32(len(head)))
	for _, part := range [][]byte{preamble, head} {
		if _, err := out.Write(part); err != nil {
			return fmt.Errorf("model file: %w", err)
		}
	}
	if err := a.write(out); err != nil {
		return fmt.Errorf("model file: %w", err)
	}
	if _, err := w.Write(sum.Sum(nil)); err != nil {
		return fmt.Errorf("model file: %w", err)
	}
	return nil
}

// Digest returns "sha256:" and the SHA-256 of the bytes that Encode writes.
func (m *Model) Digest() (string, error) {
	sum := sha256.New()
	if err := m.Encode(sum); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), nil
}

// formatVersion is the oldest format that holds all of the model.
func (m *Model) formatVersion() uint32 {
	if m.Graph != nil || m.Ensemble != nil && len(m.Ensemble.Sets) > 0 {
		return FormatVersion
	}
	if m.Ensemble != nil && m.Ensemble.covered() || m.Linear != nil && m.Linear.Means != nil {
		return coverVersion
	}
	return plainVersion
}

// covered reports whether the trees say how many rows reached their nodes. One
// tree speaks for all, as Check has them alike.
func (e *Ensemble) covered() bool { return len(e.Trees) > 0 && e.Trees[0].Cover != nil }

// shapeOf describes the estimator for the header. A remote one has no arrays;
// its link is the identity, as its server answers finished scores.
func shapeOf(m *Model) shape {
	columns := m.Encoder.Width()
	if m.Remote != nil {
		return shape{Kind: "remote", Columns: columns, Outputs: m.outputs(), Link: Identity}
	}
	if m.Graph != nil {
		return shape{Kind: "graph", Columns: columns, Outputs: m.outputs(), Link: Identity}
	}
	if l := m.Linear; l != nil {
		return shape{Kind: "linear", Columns: columns, Outputs: len(l.Intercept), Link: l.Link}
	}
	e := m.Ensemble
	return shape{Kind: "ensemble", Columns: columns, Outputs: e.Outputs, Average: e.Average, Link: e.Link}
}

// array is one array of the file: exactly one of the slices is in use.
type array struct {
	name   string
	floats []float64
	ints   []int32
	flags  []bool
	raw    []byte
	kind   string
}

type arrays []array

func floatArray(name string, v []float64) array { return array{name: name, kind: "float64", floats: v} }
func intArray(name string, v []int32) array     { return array{name: name, kind: "int32", ints: v} }
func byteArray(name string, v []byte) array     { return array{name: name, kind: "bytes", raw: v} }
func flagArray(name string, v []bool) array     { return array{name: name, kind: "uint8", flags: v} }

func (a array) length() int { return len(a.floats) + len(a.ints) + len(a.flags) + len(a.raw) }

func (a arrays) infos() []arrayInfo {
	out := make([]arrayInfo, len(a))
	for i := range a {
		out[i] = arrayInfo{Name: a[i].name, Type: a[i].kind, Length: a[i].length()}
	}
	return out
}

func (a arrays) bytes() int {
	n := 0
	for i := range a {
		n += a[i].length() * width(a[i].kind)
	}
	return n
}

// width returns the bytes an element of the type takes, 0 for an unknown type.
func width(kind string) int {
	switch kind {
	case "float64":
		return 8
	case "int32":
		return 4
	case "uint8", "bytes":
		return 1
	default:
		return 0
	}
}

// write converts one array at a time into a buffer that grows to the largest of
// them.
func (a arrays) write(w io.Writer) error {
	var buf bytes.Buffer
	for i := range a {
		buf.Reset()
		for _, v := range a[i].floats {
			buf.Write(binary.LittleEndian.AppendUint64(buf.AvailableBuffer(), math.Float64bits(v)))
		}
		for _, v := range a[i].ints {
			buf.Write(binary.LittleEndian.AppendUint32(buf.AvailableBuffer(), uint32(v)))
		}
		for _, v := range a[i].flags {
			b := byte(0)
			if v {
				b = 1
			}
			buf.WriteByte(b)
		}
		buf.Write(a[i].raw)
		if _, err := w.Write(buf.Bytes()); err != nil {
			return err
		}
	}
	return nil
}
