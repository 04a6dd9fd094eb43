package model

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// DamagedError says that bytes are not a model file as Encode writes it: not
// one at all, cut short, changed, or made to do harm.
type DamagedError struct{ Reason string }

// Error says what is wrong and what to do.
func (e *DamagedError) Error() string {
	return "model file: " + e.Reason + "; take it from the registry again, or train the model again"
}

func damaged(format string, args ...any) error {
	return &DamagedError{Reason: fmt.Sprintf(format, args...)}
}

// Decode reads a model file. Whatever it is given, it reads at most
// MaxFileBytes, allocates in proportion to what it read, and returns a
// *DamagedError rather than a model that could not score.
//
// The file is read whole before anything is decoded, as the checksum over all
// of it is at its end: nothing is parsed that is not what Encode wrote. Anybody
// can make a checksum, so every number in it is checked all the same.
func Decode(r io.Reader) (*Model, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("model file: %w", err)
	}
	head, data, version, err := open(raw)
	if err != nil {
		return nil, err
	}
	h, err := readHeader(head)
	if err != nil {
		return nil, err
	}
	read, err := readArrays(h.Arrays, data)
	if err != nil {
		return nil, err
	}
	m := &h.Model
	if (m.Remote != nil) != (h.Estimator.Kind == "remote") {
		return nil, damaged("estimator %q and a server that do not belong together", h.Estimator.Kind)
	}
	switch h.Estimator.Kind {
	case "linear":
		m.Linear, err = readLinear(h.Estimator, read, version)
	case "ensemble":
		m.Ensemble, err = readEnsemble(h.Estimator, read, version)
	case "graph":
		if err = read.expect("onnx", "bytes"); err == nil {
			m.Graph = &Graph{File: read[0].raw}
		}
	case "remote":
		err = read.expect()
	default:
		err = damaged("estimator %q is unknown", h.Estimator.Kind)
	}
	if err != nil {
		return nil, err
	}
	if w := m.Encoder.Width(); w != h.Estimator.Columns {
		return nil, damaged("an estimator of %d columns and an encoder of %d", h.Estimator.Columns, w)
	}
	if own := m.formatVersion(); own != version {
		return nil, damaged("format version %d, where its model is of format %d", version, own)
	}
	if err := m.Prepare(); err != nil {
		return nil, damaged("%v", err)
	}
	return m, nil
}

// open checks the frame of the file and returns its two parts and its format.
//
// The length of the header is read after the checksum was compared, and bounded
// again by the body.
func open(raw []byte) (head, data []byte, version uint32, err error) {
	if len(raw) > MaxFileBytes {
		return nil, nil, 0, damaged("larger than %d bytes", MaxFileBytes)
	}
	if len(raw) < preambleBytes+sha256.Size || string(raw[:len(magic)]) != magic {
		return nil, nil, 0, damaged("%d bytes that do not begin as a model file does", len(raw))
	}
	version = binary.LittleEndian.Uint32(raw[len(magic):])
	if version < plainVersion || version > FormatVersion {
		return nil, nil, 0, damaged("format version %d, this program reads %d to %d", version, plainVersion,
			FormatVersion)
	}
	body, trailer := raw[:len(raw)-sha256.Size], raw[len(raw)-sha256.Size:]
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], trailer) {
		return nil, nil, 0, damaged("its checksum does not match: it was cut short or changed")
	}
	n := binary.LittleEndian.Uint32(raw[len(magic)+4:])
	body = body[preambleBytes:]
	if n > MaxHeaderBytes || int(n) > len(body) {
		return nil, nil, 0, damaged("a header of %d bytes in a file of %d", n, len(raw))
	}
	return body[:n], body[n:], version, nil
}

// readHeader decodes the header strictly: it must be, byte for byte, what
// Encode writes, which rules out duplicate keys, unknown ones and other
// spellings that two readers could understand differently.
func readHeader(head []byte) (*header, error) {
	// An object costs far more memory than its text; inputs are what objects are for.
	if n := bytes.Count(head, []byte("{")); n > 4*maxInputs {
		return nil, damaged("%d objects in the header", n)
	}
	dec := json.NewDecoder(bytes.NewReader(head))
	dec.DisallowUnknownFields()
	var h header
	if err := dec.Decode(&h); err != nil {
		return nil, damaged("header: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	again, err := plan.Canonical(h)
	if err != nil || !bytes.Equal(again, head) {
		return nil, damaged("header: not in canonical form")
	}
	return &h, nil
}

// readArrays cuts the data into arrays. Nothing is allocated before the
// lengths are known to add up to the bytes that are there.
//
// The arrays are copies: raw, of up to 1 GiB, can be collected once they are
// made.
func readArrays(infos []arrayInfo, data []byte) (arrays, error) {
	rest := len(data)
	for _, info := range infos {
		w := width(info.Type)
		if w == 0 || info.Length < 0 || info.Length > rest/w {
			return nil, damaged("array %q: %d x %s in %d bytes", info.Name, info.Length, info.Type, rest)
		}
		rest -= info.Length * w
	}
	if rest != 0 {
		return nil, damaged("%d bytes beyond the last array", rest)
	}
	out := make(arrays, len(infos))
	for i, info := range infos {
		n := info.Length * width(info.Type)
		a, err := readArray(info, data[:n])
		if err != nil {
			return nil, err
		}
		out[i], data = a, data[n:]
	}
	return out, nil
}

// readArray converts little-endian bytes, of which there are exactly as many as
// the array needs. Flags must be 0 or 1, so that each file has one form and one
// digest.
func readArray(info arrayInfo, data []byte) (array, error) {
	a := array{name: info.Name, kind: info.Type}
	switch info.Type {
	case "float64":
		a.floats = make([]float64, info.Length)
		for i := range a.floats {
			a.floats[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
		}
	case "int32":
		a.ints = make([]int32, info.Length)
		for i := range a.ints {
			a.ints[i] = int32(binary.LittleEndian.Uint32(data[4*i:]))
		}
	case "bytes":
		a.raw = bytes.Clone(data)
	default:
		a.flags = make([]bool, info.Length)
		for i, b := range data {
			if b > 1 {
				return a, damaged("array %q: %d is neither 0 nor 1", info.Name, b)
			}
			a.flags[i] = b == 1
		}
	}
	return a, nil
}

// expect checks that the arrays are the wanted ones, given as name and type by
// turns.
func (a arrays) expect(want ...string) error {
	if 2*len(a) != len(want) {
		return damaged("%d arrays, not %d", len(a), len(want)/2)
	}
	var problems []error
	for i := range a {
		if a[i].name != want[2*i] || a[i].kind != want[2*i+1] {
			problems = append(problems, damaged("array %d is %s %q, not %s %q", i, a[i].kind,
				a[i].name, want[2*i+1], want[2*i]))
		}
	}
	return errors.Join(problems...)
}
