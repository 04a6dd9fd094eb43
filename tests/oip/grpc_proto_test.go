package oip

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// field is a field of a message: a scalar's or a message's type behind its
// number, with [] before it where it is repeated.
type field struct {
	name   string
	number int32
	kind   string
}

// messages are those of the protocol's gRPC form, by the numbers and types that
// its specification states. A map is a repeated Entry, which is the same on the
// wire.
var messages = map[string][]field{
	"ServerLiveRequest": {}, "ServerLiveResponse": {{"live", 1, "bool"}},
	"ServerReadyRequest": {}, "ServerReadyResponse": {{"ready", 1, "bool"}},
	"ModelReadyRequest":  {{"name", 1, "string"}, {"version", 2, "string"}},
	"ModelReadyResponse": {{"ready", 1, "bool"}}, "ServerMetadataRequest": {},
	"ServerMetadataResponse": {{"name", 1, "string"}, {"version", 2, "string"}, {"extensions", 3, "[]string"}},
	"ModelMetadataRequest":   {{"name", 1, "string"}, {"version", 2, "string"}},
	"TensorMetadata":         {{"name", 1, "string"}, {"datatype", 2, "string"}, {"shape", 3, "[]int64"}},
	"ModelMetadataResponse": {{"name", 1, "string"}, {"versions", 2, "[]string"}, {"platform", 3, "string"},
		{"inputs", 4, "[]TensorMetadata"}, {"outputs", 5, "[]TensorMetadata"}},
	"InferParameter": {{"bool_param", 1, "bool"}, {"int64_param", 2, "int64"}, {"string_param", 3, "string"},
		{"double_param", 4, "double"}, {"uint64_param", 5, "uint64"}},
	"Entry": {{"key", 1, "string"}, {"value", 2, "InferParameter"}},
	"InferTensorContents": {{"bool_contents", 1, "[]bool"}, {"int_contents", 2, "[]int32"},
		{"int64_contents", 3, "[]int64"}, {"uint_contents", 4, "[]uint32"}, {"uint64_contents", 5, "[]uint64"},
		{"fp32_contents", 6, "[]float"}, {"fp64_contents", 7, "[]double"}, {"bytes_contents", 8, "[]bytes"}},
	"Tensor": {{"name", 1, "string"}, {"datatype", 2, "string"}, {"shape", 3, "[]int64"}, {"parameters", 4, "[]Entry"},
		{"contents", 5, "InferTensorContents"}},
	"InferRequestedOutputTensor": {{"name", 1, "string"}, {"parameters", 2, "[]Entry"}},
	"ModelInferRequest": {{"model_name", 1, "string"}, {"model_version", 2, "string"}, {"id", 3, "string"},
		{"parameters", 4, "[]Entry"}, {"inputs", 5, "[]Tensor"}, {"outputs", 6, "[]InferRequestedOutputTensor"},
		{"raw_input_contents", 7, "[]bytes"}},
	"ModelInferResponse": {{"model_name", 1, "string"}, {"model_version", 2, "string"}, {"id", 3, "string"},
		{"parameters", 4, "[]Entry"}, {"outputs", 5, "[]Tensor"}, {"raw_output_contents", 6, "[]bytes"}},
}

var scalars = map[string]descriptorpb.FieldDescriptorProto_Type{
	"bool": descriptorpb.FieldDescriptorProto_TYPE_BOOL, "string": descriptorpb.FieldDescriptorProto_TYPE_STRING,
	"bytes": descriptorpb.FieldDescriptorProto_TYPE_BYTES, "int32": descriptorpb.FieldDescriptorProto_TYPE_INT32,
	"int64": descriptorpb.FieldDescriptorProto_TYPE_INT64, "uint32": descriptorpb.FieldDescriptorProto_TYPE_UINT32,
	"uint64": descriptorpb.FieldDescriptorProto_TYPE_UINT64, "float": descriptorpb.FieldDescriptorProto_TYPE_FLOAT,
	"double": descriptorpb.FieldDescriptorProto_TYPE_DOUBLE,
}

// descriptors compiles the messages.
func descriptors(t *testing.T) protoreflect.MessageDescriptors {
	t.Helper()
	file := &descriptorpb.FileDescriptorProto{Name: proto.String("inference.proto"), Package: proto.String("inference"),
		Syntax: proto.String("proto3")}
	for name, fields := range messages {
		m := &descriptorpb.DescriptorProto{Name: proto.String(name)}
		for _, f := range fields {
			label := descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL
			kind := f.kind
			if kind[0] == '[' {
				kind, label = kind[2:], descriptorpb.FieldDescriptorProto_LABEL_REPEATED
			}
			d := &descriptorpb.FieldDescriptorProto{Name: proto.String(f.name), Number: proto.Int32(f.number),
				Label: label.Enum()}
			if scalar, ok := scalars[kind]; ok {
				d.Type = scalar.Enum()
			} else {
				d.Type = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum()
				d.TypeName = proto.String(".inference." + kind)
			}
			m.Field = append(m.Field, d)
		}
		file.MessageType = append(file.MessageType, m)
	}
	f, err := protodesc.NewFile(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f.Messages()
}
