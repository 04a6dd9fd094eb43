package oip

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// text, message and varint append a field.
func text(out []byte, number protowire.Number, v string) []byte {
	return protowire.AppendString(protowire.AppendTag(out, number, protowire.BytesType), v)
}

func nested(out []byte, number protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(out, number, protowire.BytesType), v)
}

func varint(out []byte, number protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(out, number, protowire.VarintType), v)
}

// sent is an input tensor of two elements with the contents.
func sent(datatype string, contents []byte) []byte {
	t := varint(text(text(nil, 1, "a"), 2, datatype), 3, 2) // a shape that is not packed
	if contents != nil {
		t = nested(t, 5, contents)
	}
	return t
}

func TestEveryTypeIsReadFromContents(t *testing.T) {
	le32 := func(f float32) []byte { return protowire.AppendFixed32(nil, math.Float32bits(f)) }
	below := protowire.AppendVarint(protowire.AppendVarint(nil, math.MaxUint64-127), 127) // -128 and 127
	for datatype, c := range map[Datatype]struct {
		contents []byte
		want     Tensor
	}{
		Bool:  {nested(nil, 1, []byte{1, 0}), Tensor{Ints: []int64{1, 0}}},
		Int8:  {nested(nil, 2, below), Tensor{Ints: []int64{-128, 127}}},
		Int64: {varint(varint(nil, 3, math.MaxUint64), 3, 5), Tensor{Ints: []int64{-1, 5}}},
		Uint8: {nested(nil, 4, []byte{0xff, 1, 0}), Tensor{Ints: []int64{255, 0}}},
		Uint64: {varint(varint(nil, 5, math.MaxUint64), 5, 5),
			Tensor{Ints: []int64{-1, 5}}},
		FP32: {nested(nil, 6, append(le32(1.5), le32(-2)...)), Tensor{Floats: []float64{1.5, -2}}},
		FP64: {protowire.AppendFixed64(protowire.AppendTag(protowire.AppendFixed64(protowire.AppendTag(nil, 7,
			protowire.Fixed64Type), math.Float64bits(0.1)), 7, protowire.Fixed64Type), 0),
			Tensor{Floats: []float64{0.1, 0}}},
		Bytes: {nested(nested(nil, 8, []byte("hi")), 8, nil), Tensor{Texts: [][]byte{[]byte("hi"), {}}}},
	} {
		var r Request
		if err := DecodeProto(&r, nested(nil, 5, sent(string(datatype), c.contents)), limits); err != nil {
			t.Errorf("%s: %v", datatype, err)
			continue
		}
		c.want.Name, c.want.Datatype, c.want.Shape = "a", datatype, []int{2}
		if !reflect.DeepEqual(r.Inputs[0], c.want) {
			t.Errorf("%s: %+v, want %+v", datatype, r.Inputs[0], c.want)
		}
	}
}

func TestParametersAreReadFromProtobuf(t *testing.T) {
	on, number := varint(nil, 1, 1), varint(nil, 2, 3)
	entry := func(key string, v []byte) []byte { return nested(text(nil, 1, key), 2, v) }
	body := nested(nested(nil, 4, entry("explain", on)), 4, entry("reasons", number))
	body = nested(body, 4, entry("binary_data_output", on))
	body = nested(body, 6, text(nil, 1, "x"))
	body = nested(body, 6, nested(text(nil, 1, "y"), 2, entry("binary_data", varint(nil, 1, 0))))
	body = nested(body, 4, entry("priority",
		protowire.AppendFixed64(protowire.AppendTag(nil, 4, protowire.Fixed64Type), 0)))
	body = varint(nested(body, 5, sent("BOOL", nested(nil, 1, []byte{1, 1}))), 99, 1)
	var r Request
	if err := DecodeProto(&r, body, limits); err != nil {
		t.Fatal(err)
	}
	if want := []Output{{"x", true}, {"y", false}}; !r.Explain || r.Reasons != 3 ||
		!reflect.DeepEqual(r.Outputs, want) {
		t.Errorf("%+v", r)
	}
}

func TestWrongMessagesAreRefused(t *testing.T) {
	entry := func(key string) []byte { return nested(text(nil, 1, key), 2, text(nil, 3, "x")) }
	input := func(datatype string, contents []byte) []byte { return nested(nil, 5, sent(datatype, contents)) }
	fine := nested(nil, 1, []byte{1, 1})
	for _, c := range []struct {
		body []byte
		want string
	}{
		{nil, "inputs are required"}, {[]byte{0xff}, "not valid protobuf"},
		{text(nil, 1, "\xff"), "not valid protobuf"},
		{[]byte{0x2a, 0x7f}, "not valid protobuf"},
		{nested(nil, 5, nil), "an input has no name"}, {input("FP63", nil), "none of the protocol's"},
		{input("BOOL", nil), "the contents of BOOL have 0"}, {input("BOOL", nested(nil, 1, []byte{1})), "have 1"},
		{input("BOOL", nested(nil, 1, []byte{1, 2})), "beyond what BOOL holds"},
		{input("INT8", nested(nil, 2, []byte{0x80, 1, 0})), "beyond what INT8 holds"},
		{input("UINT8", nested(nil, 4, []byte{0x80, 2, 0})), "beyond what UINT8 holds"},
		{input("FP32", nested(nil, 6, []byte{1, 2, 3})), "not valid protobuf"},
		{input("FP32", varint(nil, 6, 1)), "not valid protobuf"},
		{input("BYTES", varint(nil, 8, 1)), "not valid protobuf"},
		{input("FP16", nil), "raw_input_contents only"}, {input("INT8", fine), "of another field"},
		{nested(input("BOOL", fine), 7, []byte{1, 1}), "both contents and"},
		{nested(nested(input("BOOL", nil), 7, []byte{1, 1}), 7, nil), "2 raw_input_contents for 1 inputs"},
		{nested(input("BOOL", nil), 7, []byte{1}), "take 1 bytes each"},
		{nested(input("BOOL", fine), 4, entry("explain")), "explain is a boolean"},
		{nested(input("BOOL", fine), 4, entry("reasons")), "reasons is a whole number"},
		{nested(input("BOOL", fine), 6, nil), "an output has no name"},
		{nested(nil, 6, nested(text(nil, 1, "x"), 2, entry("classification"))), "classification"},
		{nested(nil, 6, nested(text(nil, 1, "x"), 2, entry("shared_memory_region"))), "shared memory"},
		{nested(nil, 5, nested(sent("BOOL", fine), 4, entry("shared_memory_region"))), "shared memory"},
		{nested(nil, 5, varint(nil, 3, math.MaxUint64)), "below 0"},
	} {
		var r Request
		if err := DecodeProto(&r, c.body, limits); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%x: %v, want %q", c.body, err, c.want)
		}
	}
	many := input("BOOL", fine)
	for range 9 {
		many = append(many, input("BOOL", fine)...)
	}
	huge := nested(nil, 5, nested(varint(text(text(nil, 1, "a"), 2, "BOOL"), 3, 101), 5,
		nested(nil, 1, make([]byte, 101))))
	for _, body := range [][]byte{many, huge} {
		var r Request
		var over *TooLargeError
		if err := DecodeProto(&r, body, limits); !errors.As(err, &over) {
			t.Error(err)
		}
	}
}

func TestANameAndAVersionAreRead(t *testing.T) {
	name, version, err := DecodeNamed(text(text(varint(nil, 9, 1), 1, "m"), 2, "3"))
	if err != nil || name != "m" || version != "3" {
		t.Errorf("%q %q %v", name, version, err)
	}
	for _, b := range [][]byte{{0xff}, text(nil, 1, "\xff"), {0x0a, 5}} {
		if _, _, err := DecodeNamed(b); err == nil {
			t.Errorf("%x was taken", b)
		}
	}
}

// FuzzDecodeProto sends any message at all; see FuzzDecode.
func FuzzDecodeProto(f *testing.F) {
	f.Add(nested(text(nil, 1, "m"), 5, sent("BOOL", nested(nil, 1, []byte{1, 1}))))
	f.Add(nested(nested(nil, 5, sent("BYTES", nil)), 7, []byte("\x01\x00\x00\x00a\x00\x00\x00\x00")))
	f.Add(nested(nil, 5, sent("FP64", nested(nil, 7, make([]byte, 16)))))
	f.Fuzz(func(t *testing.T, body []byte) {
		_, _, _ = DecodeNamed(body)
		var r Request
		if err := DecodeProto(&r, body, limits); err != nil {
			return
		}
		all := 0
		for i := range r.Inputs {
			in, want := &r.Inputs[i], 1
			for _, k := range in.Shape {
				want *= k
			}
			if in.Elements() != want {
				t.Errorf("%x: %d elements of shape %v", body, in.Elements(), in.Shape)
			}
			all += want
		}
		if all > limits.Elements || len(r.Inputs) > limits.Tensors || len(r.Outputs) > limits.Tensors {
			t.Errorf("%x: %d elements, %d inputs, %d outputs", body, all, len(r.Inputs), len(r.Outputs))
		}
	})
}

// FuzzPeekModel: a message that names a model is passed on by a name.
func FuzzPeekModel(f *testing.F) {
	f.Add(text(text(nil, 1, "churn"), 2, "3"))
	f.Add(text(text(nil, 3, "id"), 1, "churn"))
	f.Add([]byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = PeekModel(b, true) // does not panic
		name := PeekModel(b, false)
		read, _, err := DecodeNamed(b)
		if err == nil && read != "" && name == "" {
			t.Errorf("%q: peeked %q, read %q", b, name, read)
		}
		if again := PeekModel(append(text(nil, 1, "churn"), b...), false); again != "churn" {
			t.Errorf("behind a name: %q", again)
		}
	})
}
