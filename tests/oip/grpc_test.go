package oip

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/ashlar-dev/ashlar/runtime/serve"
)

var remote = flag.String("grpc", "", "HOST:PORT of a server to check by gRPC, with -model; ours if empty")

// caller makes calls with messages written as JSON, through the client and the
// protobuf runtime of the gRPC project.
type caller struct {
	t        *testing.T
	conn     *grpc.ClientConn
	messages protoreflect.MessageDescriptors
}

func newCaller(t *testing.T, address string) *caller {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &caller{t: t, conn: conn, messages: descriptors(t)}
}

// call sends a message and decodes the answer into what is given.
func (c *caller) call(name, request string, into any) error {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 30*time.Second)
	defer cancel()
	in := dynamicpb.NewMessage(c.messages.ByName(protoreflect.Name(messageOf(name) + "Request")))
	out := dynamicpb.NewMessage(c.messages.ByName(protoreflect.Name(messageOf(name) + "Response")))
	if err := protojson.Unmarshal([]byte(request), in); err != nil {
		return fmt.Errorf("the request: %w", err)
	}
	if err := c.conn.Invoke(ctx, "/inference.GRPCInferenceService/"+name, in, out); err != nil {
		return err
	}
	b, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(out)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

func messageOf(call string) string {
	if call == "RepositoryModelLoad" { // any message will do
		return "ModelReady"
	}
	return call
}

// ourAddress runs our server as a workload does.
func ourAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- serve.Run(ctx, l, handler(t)) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// remoteTensor is a tensor as protojson writes it.
type remoteTensor struct {
	Name     string
	Datatype string
	Shape    []string
	Contents struct {
		FP64  []float64 `json:"fp64_contents"`
		Bytes [][]byte  `json:"bytes_contents"`
	}
}

type remoteResponse struct {
	ModelName    string `json:"model_name"`
	ModelVersion string `json:"model_version"`
	ID           string
	Outputs      []remoteTensor
	Raw          [][]byte `json:"raw_output_contents"`
}

// remoteRequest is the two applicants of ourRequest. Bytes are base64 in JSON.
const remoteRequest = `{"model_name": "` + ourModel + `", "id": "7", %s "inputs": [
	{"name": "Age", "shape": [2], "datatype": "INT32", "contents": {"int_contents": [30, 50]}},
	{"name": "Income", "shape": [2], "datatype": "FP64", "contents": {"fp64_contents": [12.5, 0.1]}},
	{"name": "Home", "shape": [2], "datatype": "BYTES", "contents": {"bytes_contents": ["cmVudA==", "Y2FzdGxl"]}},
	{"name": "Member", "shape": [2], "datatype": "BOOL", "contents": {"bool_contents": [true, false]}}]}`

func TestCallsAreAnsweredAsRequestsAre(t *testing.T) {
	address := ourAddress(t)
	c := newCaller(t, address)
	s, err := newSession(t.Context(), "http://"+address, ourModel, []byte(ourRequest))
	if err != nil {
		t.Fatal(err)
	}
	want, err := s.infer(s.path("/infer"), s.request)
	if err != nil {
		t.Fatal(err)
	}
	var got remoteResponse
	if err := c.call("ModelInfer", fmt.Sprintf(remoteRequest, ""), &got); err != nil {
		t.Fatal(err)
	}
	if got.ModelName != ourModel || got.ModelVersion != "3" || got.ID != "7" ||
		len(got.Outputs) != 3 || got.Raw != nil {
		t.Fatalf("%+v", got)
	}
	for i, o := range got.Outputs {
		var text []string
		var numbers []float64
		if o.Datatype == "BYTES" {
			err = json.Unmarshal(want.Outputs[i].Data, &text)
		} else {
			err = json.Unmarshal(want.Outputs[i].Data, &numbers)
		}
		if err != nil {
			t.Fatal(err)
		}
		if o.Name != want.Outputs[i].Name || o.Datatype != want.Outputs[i].Datatype ||
			fmt.Sprintf("%s %v", o.Contents.Bytes, o.Contents.FP64) != fmt.Sprintf("%s %v", text, numbers) ||
			strings.Join(o.Shape, " ") != strings.Trim(fmt.Sprint(want.Outputs[i].Shape), "[]") {
			t.Errorf("%+v, want %+v", o, want.Outputs[i])
		}
	}
	var wg sync.WaitGroup
	for range 40 { // many calls share a connection
		wg.Go(func() {
			var again remoteResponse
			if err := c.call("ModelInfer", fmt.Sprintf(remoteRequest, ""), &again); err != nil ||
				fmt.Sprint(again) != fmt.Sprint(got) {
				t.Errorf("%+v %v", again, err)
			}
		})
	}
	wg.Wait()
}

// TestAServerConformsByGRPC makes every call of the protocol, as the metadata says
// that it can be made.
func TestAServerConformsByGRPC(t *testing.T) {
	address, model := *remote, *name
	if address == "" {
		address, model = ourAddress(t), ourModel
	}
	c := newCaller(t, address)
	var flags struct{ Live, Ready bool }
	var server struct{ Name, Version string }
	var about metadataCall
	named, err := json.Marshal(map[string]string{"name": model})
	if err != nil {
		t.Fatal(err)
	}
	for call, into := range map[string]any{"ServerLive": &flags, "ServerReady": &flags, "ServerMetadata": &server,
		"ModelMetadata": &about} {
		request := "{}"
		if call == "ModelMetadata" {
			request = string(named)
		}
		if err := c.call(call, request, into); err != nil {
			t.Fatalf("%s: %v", call, err)
		}
	}
	if !flags.Live || !flags.Ready || server.Name == "" || about.Name != model {
		t.Errorf("%+v %+v %+v", flags, server, about)
	}
	contents := map[string]string{"BOOL": `{"bool_contents": [false]}`, "BYTES": `{"bytes_contents": ["YQ=="]}`,
		"INT64": `{"int64_contents": [0]}`, "UINT64": `{"uint64_contents": [0]}`, "FP32": `{"fp32_contents": [0]}`,
		"FP64": `{"fp64_contents": [0]}`, "UINT32": `{"uint_contents": [0]}`, "INT32": `{"int_contents": [0]}`}
	var inputs []string
	for _, in := range about.Inputs {
		if len(in.Shape) > 2 || contents[in.Datatype] == "" {
			t.Skipf("input %s is %s of the shape %v, which is not made up here", in.Name, in.Datatype, in.Shape)
		}
		inputs = append(inputs, fmt.Sprintf(`{"name": %q, "datatype": %q, "shape": [%s], "contents": %s}`, in.Name,
			in.Datatype, strings.TrimSuffix(strings.Repeat("1,", len(in.Shape)), ","), contents[in.Datatype]))
	}
	var got remoteResponse
	if err := c.call("ModelInfer", fmt.Sprintf(`{"model_name": %q, "id": "a", "inputs": [%s]}`, model,
		strings.Join(inputs, ",")), &got); err != nil {
		t.Fatal(err)
	}
	if got.ModelName != model || got.ID != "a" || len(got.Outputs) == 0 {
		t.Errorf("%+v", got)
	}
}

func TestRawTensorsAreAnsweredRaw(t *testing.T) {
	c := newCaller(t, ourAddress(t))
	var want, got remoteResponse
	ask := `"outputs": [{"name": "probability"}],`
	if err := c.call("ModelInfer", fmt.Sprintf(remoteRequest, ask), &want); err != nil {
		t.Fatal(err)
	}
	raw := strings.NewReplacer(`, "contents": {"int_contents": [30, 50]}`, "",
		`, "contents": {"fp64_contents": [12.5, 0.1]}`, "",
		`, "contents": {"bytes_contents": ["cmVudA==", "Y2FzdGxl"]}`, "",
		`, "contents": {"bool_contents": [true, false]}`, "").
		Replace(remoteRequest)
	le := binary.LittleEndian
	contents, err := json.Marshal([][]byte{le.AppendUint32(le.AppendUint32(nil, 30), 50),
		le.AppendUint64(le.AppendUint64(nil, math.Float64bits(12.5)), math.Float64bits(0.1)),
		[]byte("\x04\x00\x00\x00rent\x06\x00\x00\x00castle"), {1, 0}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.call("ModelInfer", fmt.Sprintf(raw, ask+`"raw_input_contents": `+
		string(contents)+","), &got); err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, v := range want.Outputs[0].Contents.FP64 {
		all = le.AppendUint64(all, math.Float64bits(v))
	}
	if len(got.Raw) != 1 || string(got.Raw[0]) != string(all) || got.Outputs[0].Contents.FP64 != nil {
		t.Errorf("%+v, want %x", got, all)
	}
	mixed := fmt.Sprintf(remoteRequest, `"raw_input_contents": `+string(contents)+",")
	if err := c.call("ModelInfer", mixed, &got); status.Code(err) != codes.InvalidArgument ||
		!strings.Contains(err.Error(), "both contents and raw_input_contents") {
		t.Errorf("%v", err)
	}
}

func TestCallsDescribeTheServer(t *testing.T) {
	c := newCaller(t, ourAddress(t))
	for name, want := range map[string]string{
		"ServerLive": `map[live:true]`, "ServerReady": `map[ready:true]`, "ModelReady": `map[ready:true]`,
		"ServerMetadata": `map[extensions:[binary_tensor_data model_repository] name:scoring version:2]`,
	} {
		request := `{}`
		if name == "ModelReady" {
			request = `{"name": "` + ourModel + `", "version": "3"}`
		}
		var got map[string]any
		if err := c.call(name, request, &got); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v %v, want %s", name, got, err, want)
		}
	}
	var about metadataCall
	if err := c.call("ModelMetadata", `{"name": "`+ourModel+`"}`, &about); err != nil {
		t.Fatal(err)
	}
	if want := "{default risk/ü [3] ashlar_random_forest [{Age INT64 [-1]} {Income FP64 [-1]} {Home BYTES [-1]} " +
		"{Member BOOL [-1]}] [{prediction BYTES [-1]} {probability FP64 [-1]} {probabilities FP64 [-1 2]}]}"; fmt.Sprint(about) != want {
		t.Errorf("%v, want %s", about, want)
	}
}

type metadataCall struct {
	Name            string
	Versions        []string
	Platform        string
	Inputs, Outputs []struct {
		Name, Datatype string
		Shape          []string
	}
}

func TestWrongCallsAreRefused(t *testing.T) {
	c := newCaller(t, ourAddress(t))
	tamper := func(old, new string) string { return strings.Replace(fmt.Sprintf(remoteRequest, ""), old, new, 1) }
	for _, w := range []struct {
		call, request string
		code          codes.Code
		want          string
	}{
		{"ModelInfer", tamper(ourModel, "other"), codes.NotFound, `there is "default risk/ü"`},
		{"ModelInfer", tamper(`"id"`, `"model_version": "2", "id"`), codes.NotFound, "version 3 is"},
		{"ModelMetadata", `{"name": "other"}`, codes.NotFound, "there is no model"},
		{"ModelReady", `{"name": "other"}`, codes.NotFound, "there is no model"},
		{"ModelInfer", tamper(`"INT32"`, `"INT31"`), codes.InvalidArgument, "none of the protocol's"},
		{"ModelInfer", tamper(`"INT32"`, `"INT64"`), codes.InvalidArgument, "of another field than INT64 has"},
		{"ModelInfer", tamper(`"datatype": "FP64"`, `"datatype": "FP16"`), codes.InvalidArgument,
			"of another field than FP16 has"},
		{"ModelInfer", tamper(`[30, 50]`, `[30]`), codes.InvalidArgument, "the shape has 2 elements"},
		{"ModelInfer", tamper(`"shape": [2]`, `"shape": [-1]`), codes.InvalidArgument, "below 0"},
		{"ModelInfer", tamper(`"shape": [2]`, `"shape": [5000]`), codes.ResourceExhausted, "at most 1000 rows"},
		{"ModelInfer", tamper(`"Age"`, `"Agee"`), codes.InvalidArgument, `did you mean "Age"?`},
		{"ModelInfer", `{"model_name": "` + ourModel + `"}`, codes.InvalidArgument, "inputs are required"},
		{"ModelInfer", tamper(`"id"`, `"outputs": [{"name": "x"}], "id"`), codes.InvalidArgument, "there is no output"},
		{"RepositoryModelLoad", `{}`, codes.PermissionDenied, "operators"},
	} {
		var got any
		err := c.call(w.call, w.request, &got)
		if status.Code(err) != w.code || !strings.Contains(fmt.Sprint(err), w.want) {
			t.Errorf("%s %.120s: %v, want %s %q", w.call, w.request, err, w.code, w.want)
		}
	}
}
