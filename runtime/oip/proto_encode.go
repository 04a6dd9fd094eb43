package oip

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

func appendString(out []byte, number protowire.Number, text string) []byte {
	if text == "" {
		return out
	}
	return protowire.AppendString(protowire.AppendTag(out, number, protowire.BytesType), text)
}

func appendMessage(out []byte, number protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(out, number, protowire.BytesType), message)
}

// AppendMoved appends the answer of RepositoryModelLoad and RepositoryModelUnload, as
// KServe's protocol has it: the model's name, and that it was done.
func AppendMoved(out []byte, name string) []byte {
	out = appendString(out, 1, name)
	return protowire.AppendVarint(protowire.AppendTag(out, 2, protowire.VarintType), 1)
}

// AppendFlag appends a message of one boolean, the first field: whether something
// is live or ready.
func AppendFlag(out []byte, on bool) []byte {
	if !on {
		return out
	}
	return protowire.AppendVarint(protowire.AppendTag(out, 1, protowire.VarintType), 1)
}

// AppendProto appends a ServerMetadataResponse.
func (s *Server) AppendProto(out []byte) []byte {
	out = appendString(appendString(out, 1, s.Name), 2, s.Version)
	for _, e := range s.Extensions {
		out = appendString(out, 3, e)
	}
	return out
}

// AppendProto appends a ModelMetadataResponse.
func (m *Model) AppendProto(out []byte) []byte {
	out = appendString(out, 1, m.Name)
	for _, v := range m.Versions {
		out = appendString(out, 2, v)
	}
	out = appendString(out, 3, m.Platform)
	for i, list := range [2][]Metadata{m.Inputs, m.Outputs} {
		for _, t := range list {
			out = appendMessage(out, protowire.Number(4+i), head(nil, t.Name, t.Datatype, t.Shape))
		}
	}
	return out
}

// head appends the name, type and shape of a tensor.
func head(out []byte, name string, datatype Datatype, shape []int) []byte {
	out = appendString(appendString(out, 1, name), 2, string(datatype))
	var packed []byte
	for _, n := range shape {
		packed = protowire.AppendVarint(packed, uint64(int64(n))) //nolint:gosec // -1 as protobuf writes it
	}
	return appendMessage(out, 3, packed)
}

// AppendProtoResponse appends a ModelInferResponse, with raw_output_contents where
// raw says so, else with the contents in each tensor.
func AppendProtoResponse(out []byte, model, version, id string, answers []Answer, raw bool) []byte {
	out = appendString(appendString(appendString(out, 1, model), 2, version), 3, id)
	for i := range answers {
		a := &answers[i]
		datatype := FP64
		if a.Texts != nil {
			datatype = Bytes
		}
		tensor := head(nil, a.Name, datatype, a.Shape)
		if !raw {
			tensor = appendMessage(tensor, 5, a.contents())
		}
		out = appendMessage(out, 5, tensor)
	}
	if raw {
		for i := range answers {
			out = appendMessage(out, 6, answers[i].appendBytes(nil))
		}
	}
	return out
}

// contents is an InferTensorContents.
func (a *Answer) contents() []byte {
	var out []byte
	if a.Numbers != nil {
		out = protowire.AppendVarint(protowire.AppendTag(out, 7, protowire.BytesType), uint64(8*len(a.Numbers)))
		for _, v := range a.Numbers {
			out = protowire.AppendFixed64(out, math.Float64bits(v))
		}
	}
	for _, text := range a.Texts {
		out = appendMessage(out, 8, text)
	}
	return out
}
