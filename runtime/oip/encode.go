package oip

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"strconv"
)

// Answer is a tensor of a response. Exactly one of the lists is set; numbers are
// FP64, texts BYTES.
type Answer struct {
	Name    string
	Shape   []int
	Numbers []float64 // finite
	Texts   [][]byte
	Binary  bool
}

// AppendResponse appends a response and returns the length of its JSON, which
// the header Inference-Header-Content-Length has to say where it is less than
// what was appended.
func AppendResponse(out []byte, model, version, id string, answers []Answer) (body []byte, header int) {
	start := len(out)
	out = appendText(append(out, `{"model_name":`...), model)
	out = appendText(append(out, `,"model_version":`...), version)
	if id != "" {
		out = appendText(append(out, `,"id":`...), id)
	}
	out = append(out, `,"outputs":[`...)
	for i := range answers {
		if i > 0 {
			out = append(out, ',')
		}
		out = answers[i].appendJSON(out)
	}
	out = append(out, "]}"...)
	header = len(out) - start
	for i := range answers {
		if answers[i].Binary {
			out = answers[i].appendBytes(out)
		}
	}
	return out, header
}

func (a *Answer) appendJSON(out []byte) []byte {
	out = appendText(append(out, `{"name":`...), a.Name)
	datatype := FP64
	if a.Texts != nil {
		datatype = Bytes
	}
	out = append(append(append(out, `,"datatype":"`...), datatype...), `","shape":[`...)
	for i, n := range a.Shape {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendInt(out, int64(n), 10)
	}
	out = append(out, ']')
	if a.Binary {
		out = append(out, `,"parameters":{"binary_data_size":`...)
		return append(strconv.AppendInt(out, int64(a.size()), 10), "}}"...)
	}
	out = append(out, `,"data":[`...)
	for i, v := range a.Numbers {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendNumber(out, v)
	}
	for i, text := range a.Texts {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendText(out, text)
	}
	return append(out, "]}"...)
}

// size is what the tensor takes as bytes.
func (a *Answer) size() int {
	n := 8 * len(a.Numbers)
	for _, text := range a.Texts {
		n += 4 + len(text)
	}
	return n
}

func (a *Answer) appendBytes(out []byte) []byte {
	for _, v := range a.Numbers {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
	}
	for _, text := range a.Texts {
		out = binary.LittleEndian.AppendUint32(out, uint32(len(text))) //nolint:gosec // a label
		out = append(out, text...)
	}
	return out
}

// appendNumber appends the shortest decimal that reads back as v, as
// encoding/json does.
func appendNumber(out []byte, v float64) []byte {
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.AppendFloat(out, v, 'e', -1, 64)
	}
	return strconv.AppendFloat(out, v, 'f', -1, 64)
}

// appendText appends a JSON string. Texts without anything to escape, which are
// nearly all, cost no allocation.
func appendText[T string | []byte](out []byte, text T) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			b, err := json.Marshal(string(text))
			if err != nil { // texts always encode
				return append(out, `""`...)
			}
			return append(out, b...)
		}
	}
	return append(append(append(out, '"'), text...), '"')
}
