package native

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// decodeXGBoost reads JSON or UBJSON, which begins an object's keys with their
// type.
//
// XGBoost writes NaN where a split has no condition, which JSON does not have.
func decodeXGBoost(b []byte) (*xgboost, error) {
	form := "JSON"
	if bytes.HasPrefix(b, []byte("{")) && len(b) > 1 && bytes.IndexByte([]byte("LliIU$#"), b[1]) >= 0 {
		form = "UBJSON"
		text, err := jsonOf(b)
		if err != nil {
			return nil, fmt.Errorf("its UBJSON: %w", err)
		}
		b = text
	} else {
		b = withoutNaN(b)
	}
	var x xgboost
	if err := plan.Unmarshal(b, &x); err != nil {
		return nil, fmt.Errorf("its %s is not an XGBoost model: %w", form, err)
	}
	return &x, nil
}

// withoutNaN writes null for each NaN that is not within a text. Where there is
// none it returns b itself.
func withoutNaN(b []byte) []byte {
	if !bytes.Contains(b, []byte("NaN")) {
		return b
	}
	out := make([]byte, 0, len(b)+len(b)/8)
	quoted := false
	for i := 0; i < len(b); i++ {
		switch {
		case quoted && b[i] == '\\' && i+1 < len(b):
			out = append(out, b[i])
			i++
		case b[i] == '"':
			quoted = !quoted
		case !quoted && bytes.HasPrefix(b[i:], []byte("NaN")):
			out = append(out, "null"...)
			i += 2
			continue
		}
		out = append(out, b[i])
	}
	return out
}

// jsonOf writes UBJSON (draft 12, big-endian) as JSON. NaN becomes null, and
// numbers keep all their digits, so that 32-bit ones read back as they were.
//
// What it writes is at most a few times as long as what it reads: lists of
// values without bytes (such as a million nulls in ten bytes) are refused.
func jsonOf(b []byte) ([]byte, error) {
	u := ubjson{rest: b, out: make([]byte, 0, len(b))}
	kind, err := u.byte()
	if err == nil {
		err = u.value(kind, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("byte %d: %w", len(b)-len(u.rest), err)
	}
	if len(u.rest) > 0 {
		return nil, fmt.Errorf("%d bytes after its end", len(u.rest))
	}
	return u.out, nil
}

// maxNesting bounds how deep lists and objects lie within one another.
const maxNesting = 64

var errShort = errors.New("the file ends there")

type ubjson struct {
	rest []byte
	out  []byte
}

func (u *ubjson) take(n int) ([]byte, error) {
	if n < 0 || n > len(u.rest) {
		return nil, errShort
	}
	b := u.rest[:n]
	u.rest = u.rest[n:]
	return b, nil
}

// byte returns the next byte that is not a no-op.
func (u *ubjson) byte() (byte, error) {
	for {
		b, err := u.take(1)
		if err != nil {
			return 0, err
		}
		if b[0] != 'N' {
			return b[0], nil
		}
	}
}

// value writes one value of the kind.
func (u *ubjson) value(kind byte, depth int) error {
	switch kind {
	case 'Z':
		u.out = append(u.out, "null"...)
	case 'T':
		u.out = append(u.out, "true"...)
	case 'F':
		u.out = append(u.out, "false"...)
	case 'i', 'U', 'I', 'l', 'L':
		v, err := u.integer(kind)
		u.out = strconv.AppendInt(u.out, v, 10)
		return err
	case 'd', 'D':
		return u.float(kind)
	case 'S', 'C':
		return u.text(kind)
	case '[', '{':
		if depth >= maxNesting {
			return fmt.Errorf("more than %d lists within one another", maxNesting)
		}
		return u.container(kind, depth+1)
	default:
		return fmt.Errorf("%q begins no value", kind)
	}
	return nil
}

// size is how many bytes a value of the kind has; 0: not a fixed number.
func size(kind byte) int {
	switch kind {
	case 'i', 'U', 'C':
		return 1
	case 'I':
		return 2
	case 'l', 'd':
		return 4
	case 'L', 'D':
		return 8
	}
	return 0
}

func (u *ubjson) integer(kind byte) (int64, error) {
	b, err := u.take(size(kind))
	if err != nil {
		return 0, err
	}
	switch kind {
	case 'U':
		return int64(b[0]), nil
	case 'i':
		return int64(int8(b[0])), nil
	case 'I':
		return int64(int16(binary.BigEndian.Uint16(b))), nil
	case 'l':
		return int64(int32(binary.BigEndian.Uint32(b))), nil
	default:
		return int64(binary.BigEndian.Uint64(b)), nil
	}
}

func (u *ubjson) float(kind byte) error {
	b, err := u.take(size(kind))
	if err != nil {
		return err
	}
	v, bits := 0.0, 64
	if kind == 'd' {
		v, bits = float64(math.Float32frombits(binary.BigEndian.Uint32(b))), 32
	} else {
		v = math.Float64frombits(binary.BigEndian.Uint64(b))
	}
	switch {
	case math.IsNaN(v):
		u.out = append(u.out, "null"...)
	case math.IsInf(v, 0):
		return errors.New("a number is infinite")
	default:
		u.out = strconv.AppendFloat(u.out, v, 'g', -1, bits)
	}
	return nil
}

// length reads a count with its type before it.
func (u *ubjson) length() (int, error) {
	kind, err := u.byte()
	if err != nil {
		return 0, err
	}
	if size(kind) == 0 || kind == 'd' || kind == 'D' || kind == 'C' {
		return 0, fmt.Errorf("%q begins no length", kind)
	}
	n, err := u.integer(kind)
	if err == nil && (n < 0 || n > int64(len(u.rest))) {
		err = fmt.Errorf("a length of %d with %d bytes left", n, len(u.rest))
	}
	return int(n), err
}

func (u *ubjson) text(kind byte) error {
	n := 1
	if kind == 'S' {
		var err error
		if n, err = u.length(); err != nil {
			return err
		}
	}
	b, err := u.take(n)
	if err != nil {
		return err
	}
	text, err := json.Marshal(string(b))
	u.out = append(u.out, text...)
	return err
}

// container writes a list or an object, each of whose forms may say how many
// values there are and of which kind.
func (u *ubjson) container(open byte, depth int) error {
	shut := open + 2 // ']' of '[', '}' of '{'
	kind, count := byte(0), -1
	var err error
	if len(u.rest) > 0 && u.rest[0] == '$' {
		head, err := u.take(2)
		if err != nil {
			return err
		}
		if kind = head[1]; len(u.rest) == 0 || u.rest[0] != '#' {
			return errors.New("a list of one kind does not say how long it is")
		}
		if kind != 'S' && kind != '[' && kind != '{' && size(kind) == 0 {
			return fmt.Errorf("a list of %q", kind)
		}
	}
	if len(u.rest) > 0 && u.rest[0] == '#' {
		u.rest = u.rest[1:]
		if count, err = u.length(); err != nil {
			return err
		}
	}
	u.out = append(u.out, open)
	for i := 0; i != count; i++ {
		if count < 0 {
			for len(u.rest) > 0 && u.rest[0] == 'N' {
				u.rest = u.rest[1:]
			}
			if len(u.rest) > 0 && u.rest[0] == shut {
				u.rest = u.rest[1:]
				break
			}
		}
		if i > 0 {
			u.out = append(u.out, ',')
		}
		if open == '{' {
			if err := u.text('S'); err != nil {
				return err
			}
			u.out = append(u.out, ':')
		}
		of := kind
		if of == 0 {
			if of, err = u.byte(); err != nil {
				return err
			}
		}
		if err := u.value(of, depth); err != nil {
			return err
		}
	}
	u.out = append(u.out, shut)
	return nil
}
