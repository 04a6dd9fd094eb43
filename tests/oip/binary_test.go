package oip

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
)

const binaryExtension = "binary_tensor_data"

var binaryChecks = []check{
	{name: "inputs as bytes", extension: binaryExtension, run: func(s *session) error {
		r, raw, err := asBytes(s.request)
		if err != nil {
			return err
		}
		got, _, err := s.inferBytes(r, raw)
		if err != nil {
			return err
		}
		first, err := s.infer(s.path("/infer"), s.request)
		if err != nil {
			return err
		}
		return sameData(first, got)
	}},
	{name: "outputs as bytes", extension: binaryExtension, run: func(s *session) error {
		return s.outputsAsBytes(func(r *request) {
			for _, o := range s.about.Outputs {
				r.Outputs = append(r.Outputs, tensor{Name: o.Name, Parameters: map[string]any{"binary_data": true}})
			}
		}, func(int) bool { return true })
	}},
	{name: "all outputs as bytes", extension: binaryExtension, run: func(s *session) error {
		return s.outputsAsBytes(func(r *request) { r.Parameters = map[string]any{"binary_data_output": true} },
			func(int) bool { return true })
	}},
	{name: "an output overrides the request", extension: binaryExtension, run: func(s *session) error {
		return s.outputsAsBytes(func(r *request) {
			r.Parameters = map[string]any{"binary_data_output": true}
			for i, o := range s.about.Outputs {
				t := tensor{Name: o.Name}
				if i == 0 {
					t.Parameters = map[string]any{"binary_data": false}
				}
				r.Outputs = append(r.Outputs, t)
			}
		}, func(i int) bool { return i > 0 })
	}},
	{name: "wrong bytes are refused", extension: binaryExtension, run: func(s *session) error {
		r, raw, err := asBytes(s.request)
		if err != nil {
			return err
		}
		text, err := json.Marshal(r)
		if err != nil {
			return err
		}
		with := func(body []byte, length int) error {
			return s.refused(http.MethodPost, s.path("/infer"), body, map[string]string{
				"Content-Type": "application/octet-stream", lengthHeader: strconv.Itoa(length)})
		}
		whole := append(bytes.Clone(text), raw...)
		return must(with(whole[:len(whole)-1], len(text)), with(append(bytes.Clone(whole), 0), len(text)),
			with(whole, len(whole)+1), with(whole, len(text)-1), with(text, len(text)))
	}},
}

// outputsAsBytes compares the bytes of outputs with what JSON says of them.
func (s *session) outputsAsBytes(change func(*request), isBytes func(i int) bool) error {
	first, err := s.infer(s.path("/infer"), s.request)
	if err != nil {
		return err
	}
	r := s.request
	change(&r)
	got, raw, err := s.inferBytes(r, nil)
	if err != nil {
		return err
	}
	if len(got.Outputs) != len(first.Outputs) {
		return fmt.Errorf("%d outputs, in JSON %d", len(got.Outputs), len(first.Outputs))
	}
	for i, o := range got.Outputs {
		if (raw[i] != nil) != isBytes(i) {
			return fmt.Errorf("output %s: as bytes %t", o.Name, raw[i] != nil)
		}
		if raw[i] == nil {
			continue
		}
		for _, j := range first.Outputs {
			if j.Name != o.Name {
				continue
			}
			want, err := encode(j)
			if err != nil {
				return err
			}
			if !bytes.Equal(raw[i], want) {
				return fmt.Errorf("output %s is %x, and as JSON %s", o.Name, raw[i], j.Data)
			}
		}
	}
	return nil
}

// sameData wants the same outputs.
func sameData(a, b response) error {
	if len(a.Outputs) != len(b.Outputs) {
		return fmt.Errorf("%d and %d outputs", len(a.Outputs), len(b.Outputs))
	}
	for i := range a.Outputs {
		if a.Outputs[i].Name != b.Outputs[i].Name || !bytes.Equal(a.Outputs[i].Data, b.Outputs[i].Data) {
			return fmt.Errorf("output %s is %s, and %s", a.Outputs[i].Name, a.Outputs[i].Data, b.Outputs[i].Data)
		}
	}
	return nil
}

// asBytes puts all inputs behind the JSON.
func asBytes(r request) (request, []byte, error) {
	var all []byte
	inputs := r.Inputs
	r.Inputs = nil
	for _, in := range inputs {
		raw, err := encode(in)
		if err != nil {
			return r, nil, err
		}
		in.Data, in.Parameters = nil, map[string]any{"binary_data_size": len(raw)}
		r.Inputs, all = append(r.Inputs, in), append(all, raw...)
	}
	return r, all, nil
}

// encode writes a tensor's JSON data as bytes.
func encode(t tensor) ([]byte, error) {
	var list []any
	d := json.NewDecoder(bytes.NewReader(t.Data))
	d.UseNumber()
	if err := d.Decode(&list); err != nil {
		return nil, err
	}
	out, le := []byte{}, binary.LittleEndian
	for _, v := range flatten(list) {
		switch v := v.(type) {
		case string:
			out = append(le.AppendUint32(out, uint32(len(v))), v...)
		case bool:
			b := byte(0)
			if v {
				b = 1
			}
			out = append(out, b)
		case json.Number:
			var err error
			if out, err = number(out, t.Datatype, v.String()); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("tensor %s: %v cannot be written as %s", t.Name, v, t.Datatype)
		}
	}
	return out, nil
}

func number(out []byte, datatype, text string) ([]byte, error) {
	le := binary.LittleEndian
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, err
	}
	switch datatype {
	case "FP64":
		return le.AppendUint64(out, math.Float64bits(f)), nil
	case "FP32":
		return le.AppendUint32(out, math.Float32bits(float32(f))), nil
	case "UINT64":
		n, err := strconv.ParseUint(text, 10, 64)
		return le.AppendUint64(out, n), err
	}
	width := map[string]int{"INT8": 1, "UINT8": 1, "INT16": 2, "UINT16": 2, "INT32": 4,
		"UINT32": 4, "INT64": 8}[datatype]
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || width == 0 {
		return nil, fmt.Errorf("%s as %s: %w", text, datatype, err)
	}
	return append(out, le.AppendUint64(nil, uint64(n))[:width]...), nil
}
