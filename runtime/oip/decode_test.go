package oip

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
)

var limits = Limits{Tensors: 8, Elements: 100}

func decoded(t *testing.T, body string) Request {
	t.Helper()
	var r Request
	if err := Decode(&r, []byte(body), len(body), limits); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return r
}

func TestARequestIsReadInWhateverOrder(t *testing.T) {
	for _, body := range []string{
		`{"id": "7", "inputs": [{"name": "a", "shape": [2], "datatype": "FP64", "data": [1, 2.5]}]}`,
		`{"inputs": [{"data": [1, 2.5], "datatype": "FP64", "shape": [2], "name": "a"}], "id": "7", "model_name": "m"}`,
		`{"inputs": [{"parameters": {"content_type": "np", "x": [{}]}, "data": [1.0, 25e-1], "shape": [2], "name": "a",
			"datatype": "FP64"}], "id": "7", "parameters": {"sequence_id": 4}, "outputs": []}`,
	} {
		r := decoded(t, body)
		want := []Tensor{{Name: "a", Datatype: FP64, Shape: []int{2}, Floats: []float64{1, 2.5}}}
		if r.ID != "7" || !reflect.DeepEqual(r.Inputs, want) || r.Outputs != nil {
			t.Errorf("%s: %+v", body, r)
		}
	}
}

func TestEveryTypeIsReadFromJSON(t *testing.T) {
	for datatype, c := range map[Datatype]struct {
		data string
		want Tensor
	}{
		Bool:   {`[true, false]`, Tensor{Ints: []int64{1, 0}}},
		Int8:   {`[-128, 127]`, Tensor{Ints: []int64{-128, 127}}},
		Int16:  {`[-32768, 1.0]`, Tensor{Ints: []int64{-32768, 1}}},
		Int32:  {`[1e3, 0]`, Tensor{Ints: []int64{1000, 0}}},
		Int64:  {`[-9223372036854775808, 9007199254740993]`, Tensor{Ints: []int64{math.MinInt64, 1<<53 + 1}}},
		Uint8:  {`[255, 0]`, Tensor{Ints: []int64{255, 0}}},
		Uint16: {`[65535, 0]`, Tensor{Ints: []int64{65535, 0}}},
		Uint32: {`[4294967295, 0]`, Tensor{Ints: []int64{1<<32 - 1, 0}}},
		Uint64: {`[18446744073709551615, 0]`, Tensor{Ints: []int64{-1, 0}}},
		FP32:   {`[0.1, -0]`, Tensor{Floats: []float64{float64(float32(0.1)), math.Copysign(0, -1)}}},
		FP64:   {`[0.1, 1e300]`, Tensor{Floats: []float64{0.1, 1e300}}},
		Bytes:  {`["a\u00e9\n", ""]`, Tensor{Texts: [][]byte{[]byte("aé\n"), {}}}},
	} {
		r := decoded(t, fmt.Sprintf(`{"inputs": [{"name": "a", "shape": [2], "datatype": %q, "data": %s}]}`, datatype,
			c.data))
		c.want.Name, c.want.Datatype, c.want.Shape = "a", datatype, []int{2}
		if !reflect.DeepEqual(r.Inputs[0], c.want) {
			t.Errorf("%s: %+v, want %+v", datatype, r.Inputs[0], c.want)
		}
	}
}

func TestDataNestsOrIsFlat(t *testing.T) {
	for _, data := range []string{`[1, 2, 3, 4, 5, 6]`, `[[1, 2, 3], [4, 5, 6]]`} {
		r := decoded(t, `{"inputs": [{"name": "a", "shape": [2, 3], "datatype": "INT32", "data": `+data+`}]}`)
		if got := fmt.Sprint(r.Inputs[0].Ints); got != "[1 2 3 4 5 6]" {
			t.Errorf("%s: %s", data, got)
		}
	}
}

func TestNullIsMissing(t *testing.T) {
	for _, datatype := range []Datatype{FP64, Int32, Bytes, Bool} {
		r := decoded(t, fmt.Sprintf(`{"inputs": [{"name": "a", "shape": [1, 2], "datatype": %q,
			"data": [null, null]}]}`,
			datatype))
		if in := &r.Inputs[0]; !in.IsMissing(0) || !in.IsMissing(1) || in.IsMissing(2) || in.Elements() != 2 {
			t.Errorf("%s: %+v", datatype, in)
		}
	}
}

// message joins JSON and bytes.
func message(text string, raw ...[]byte) ([]byte, int) {
	body := []byte(text)
	for _, b := range raw {
		body = append(body, b...)
	}
	return body, len(text)
}

func TestEveryTypeIsReadFromBytes(t *testing.T) {
	le := binary.LittleEndian
	bits := func(v ...uint16) (out []byte) {
		for _, b := range v {
			out = le.AppendUint16(out, b)
		}
		return out
	}
	for _, c := range []struct {
		datatype Datatype
		raw      []byte
		want     string
	}{
		{Bool, []byte{1, 0}, "[] [1 0] []"},
		{Int8, []byte{0x80, 0x7f}, "[] [-128 127] []"},
		{Int16, bits(0x8000, 1), "[] [-32768 1] []"},
		{Int32, le.AppendUint32(le.AppendUint32(nil, 1<<31), 7), "[] [-2147483648 7] []"},
		{Int64, le.AppendUint64(le.AppendUint64(nil, math.MaxUint64), 7), "[] [-1 7] []"},
		{Uint8, []byte{255, 1}, "[] [255 1] []"},
		{Uint16, bits(65535, 1), "[] [65535 1] []"},
		{Uint32, le.AppendUint32(le.AppendUint32(nil, 1<<31), 7), "[] [2147483648 7] []"},
		{Uint64, le.AppendUint64(le.AppendUint64(nil, math.MaxUint64), 7), "[] [-1 7] []"},
		// 1, -2, the greatest, the least, infinity: IEEE 754 binary16.
		{FP16, bits(0x3c00, 0xc000), "[1 -2] [] []"},
		{FP16, bits(0x7bff, 0x0001), "[65504 5.960464477539063e-08] [] []"},
		{FP16, bits(0xfc00, 0x7e00), "[-Inf NaN] [] []"},
		{BF16, bits(0x3f80, 0xc000), "[1 -2] [] []"},
		{FP32, le.AppendUint32(le.AppendUint32(nil, math.Float32bits(1.5)), 0), "[1.5 0] [] []"},
		{FP64, le.AppendUint64(le.AppendUint64(nil, math.Float64bits(0.1)), 0), "[0.1 0] [] []"},
		{Bytes, []byte("\x02\x00\x00\x00hi\x00\x00\x00\x00"), "[] [] [hi ]"},
	} {
		body, header := message(fmt.Sprintf(`{"inputs": [{"name": "a", "shape": [2], "datatype": %q,
			"parameters": {"binary_data_size": %d}}]}`, c.datatype, len(c.raw)), c.raw)
		var r Request
		if err := Decode(&r, body, header, limits); err != nil {
			t.Errorf("%s: %v", c.datatype, err)
			continue
		}
		in := &r.Inputs[0]
		if got := fmt.Sprintf("%v %v %s", in.Floats, in.Ints, in.Texts); got != c.want {
			t.Errorf("%s: %s, want %s", c.datatype, got, c.want)
		}
	}
}

func TestTensorsOfBothFormsKeepTheirOrder(t *testing.T) {
	body, header := message(`{"inputs": [{"name": "a", "shape": [1], "datatype": "INT8",
		"parameters": {"binary_data_size": 1}},
		{"name": "b", "shape": [1], "datatype": "INT8", "data": [9]},
		{"name": "c", "shape": [1], "datatype": "INT8", "parameters": {"binary_data_size": 1}}],
		"parameters": {"binary_data_output": true, "explain": true, "reasons": 3},
		"outputs": [{"name": "x"}, {"name": "y", "parameters": {"binary_data": false}}]}`, []byte{5, 6})
	var r Request
	if err := Decode(&r, body, header, limits); err != nil {
		t.Fatal(err)
	}
	if a, b, c := r.Inputs[0].Ints[0], r.Inputs[1].Ints[0], r.Inputs[2].Ints[0]; a != 5 || b != 9 || c != 6 {
		t.Errorf("%d %d %d", a, b, c)
	}
	if want := []Output{{"x", true}, {"y", false}}; !reflect.DeepEqual(r.Outputs, want) ||
		!r.Explain || r.Reasons != 3 {
		t.Errorf("%+v", r)
	}
}

func TestWrongRequestsAreRefused(t *testing.T) {
	tensor := func(shape, datatype, more string) string {
		return fmt.Sprintf(`{"inputs": [{"name": "a", "shape": %s, "datatype": %q%s}]}`, shape, datatype, more)
	}
	for _, c := range []struct{ body, want string }{
		{``, `want '{'`}, {`[]`, `want '{'`}, {`{}`, `"inputs" is required`},
		{`{"inputs": []}`, `"inputs" is required`},
		{`{"inputs": [{}]}`, "has no name"},
		{`{"inputs": [{"name": "a"}]}`, `datatype "" is none`},
		{`{"id": 1}`, "want a string"}, {`{"id": "a", "id": "b"}`, "given twice"},
		{`{"id": "\x"}`, "wrong escape"}, {"{\"id\": \"\xff\"}", "not valid UTF-8"},
		{"{\"id\": \"\n\"}", "control characters"},
		{`{"id": "a`, "no closing quote"}, {`{"id" "a"}`, "want a colon"}, {`{"id": "a",}`, "missing after the comma"},
		{`{"x": ` + strings.Repeat("[", 100), "nest more than"},
		{`{"x": 01}`, "want a number"}, {`{"x": 1.}`, "want a number"}, {`{"x": +1}`, "want a value"},
		{tensor(`[1]`, "FP64", `, "data": [1]`) + "x", "something follows"},
		{tensor(`[1]`, "FP65", `, "data": [1]`), "none of the protocol's"},
		{tensor(`[1]`, "FP64", ``), "neither data nor"},
		{tensor(`[1]`, "FP64", `, "data": [1], "parameters": {"binary_data_size": 8}`), "both data and"},
		{tensor(`[1]`, "FP64", `, "parameters": {"binary_data_size": 8}`), "more than the bytes behind"},
		{tensor(`[1]`, "FP64", `, "parameters": {"binary_data_size": -8}`), "below 0"},
		{tensor(`[-1]`, "FP64", `, "data": [1]`), "a dimension is below 0"},
		{tensor(`[1.5]`, "FP64", `, "data": [1]`), "want an integer"},
		{tensor(`[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]`, "FP64", `, "data": [1]`), "more than 16 dimensions"},
		{tensor(`[2]`, "FP64", `, "data": [1]`), "another number"},
		{tensor(`[1]`, "FP64", `, "data": [1, 2]`), "another number"},
		{tensor(`[90]`, "FP64", `, "data": [1]`), "and the data fewer"},
		{tensor(`[2]`, "FP64", `, "data": [[1], [2]]`), "nests deeper"},
		{tensor(`[2, 2]`, "FP64", `, "data": [[1], [2, 3, 4]]`), "another length"},
		{tensor(`[2, 1]`, "FP64", `, "data": [[1], 2]`), "mixes"},
		{tensor(`[2, 1]`, "FP64", `, "data": [1, [2]]`), "mixes"},
		{tensor(`[1, 1]`, "FP64", `, "data": [[1], [2]]`), "more rows"},
		{tensor(`[1]`, "FP64", `, "data": 1`), `want '['`}, {tensor(`[1]`, "FP64", `, "data": ["1"]`), "want a number"},
		{tensor(`[1]`, "FP64", `, "data": [1e999]`), "64-bit float"},
		{tensor(`[1]`, "FP32", `, "data": [1e99]`), "what FP32 holds"},
		{tensor(`[1]`, "INT8", `, "data": [128]`), "integer of 8 bits"},
		{tensor(`[1]`, "UINT8", `, "data": [-1]`), "integer of 8 bits"},
		{tensor(`[1]`, "INT32", `, "data": [1.5]`), "integer of 32 bits"},
		{tensor(`[1]`, "INT64", `, "data": [9007199254740993.0]`), "integer of 64 bits"},
		{tensor(`[1]`, "BOOL", `, "data": [1]`), "want true or false"},
		{tensor(`[1]`, "BYTES", `, "data": [1]`), "want a string"},
		{tensor(`[1]`, "FP16", `, "data": [1]`), "bytes only"}, {tensor(`[1]`, "BF16", `, "data": [1]`), "bytes only"},
		{tensor(`[1]`, "FP64", `, "parameters": {"shared_memory_region": "r"}`), "shared memory"},
		{`{"outputs": [{}]}`, "an output has no name"},
		{`{"outputs": [{"name": "a", "parameters": {"classification": 2}}]}`, "classification extension"},
		{`{"outputs": [{"name": "a", "parameters": {"shared_memory_region": "r"}}]}`, "shared memory"},
		{`{"parameters": {"reasons": 0}}`, "at least 1"}, {`{"parameters": {"explain": 1}}`, "true or false"},
	} {
		var r Request
		err := Decode(&r, []byte(c.body), len(c.body), limits)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.80s: %v, want %q", c.body, err, c.want)
		}
	}
}

func TestWrongBytesAreRefused(t *testing.T) {
	for _, c := range []struct {
		datatype Datatype
		raw      string
		want     string
	}{
		{FP64, "1234567", "take 8 bytes each"}, {Bool, "\x02\x00", "neither 0 nor 1"},
		{Bytes, "\x00\x00\x00", "4 bytes each at least"},
		{Bytes, "\x00\x00\x00\x00\xff\xff\xff\xff", "longer than the bytes"},
		{Bytes, "\x00\x00\x00\x00\x00\x00\x00\x00x", "1 bytes follow"},
	} {
		body, header := message(fmt.Sprintf(`{"inputs": [{"name": "a", "shape": [2], "datatype": %q,
			"parameters": {"binary_data_size": %d}}]}`, c.datatype, len(c.raw)), []byte(c.raw))
		var r Request
		if err := Decode(&r, body, header, limits); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.datatype, err, c.want)
		}
	}
	var r Request
	body := []byte(`{"inputs": [{"name": "a", "shape": [1], "datatype": "INT8", "data": [1]}]}xyz`)
	if err := Decode(&r, body, len(body)-3, limits); err == nil || !strings.Contains(err.Error(), "3 bytes follow") {
		t.Error(err)
	}
	for _, header := range []int{-1, len(body) + 1} {
		if err := Decode(&r, body, header, limits); err == nil || !strings.Contains(err.Error(), "Inference-Header") {
			t.Error(err)
		}
	}
}

func TestWhatIsOverALimitIsTooLarge(t *testing.T) {
	one := `{"name": "a", "shape": [1], "datatype": "INT8", "data": [1]}`
	big := `{"name": "a", "shape": [60], "datatype": "INT8", "data": [` + strings.Repeat("1,", 59) + `1]}`
	for _, body := range []string{
		`{"inputs": [` + strings.Repeat(one+",", 8) + one + `]}`,
		`{"outputs": [` + strings.Repeat(`{"name": "a"},`, 8) + `{"name": "a"}]}`,
		`{"inputs": [` + big + "," + big + `]}`,
		`{"inputs": [{"name": "a", "shape": [101], "datatype": "INT8", "data": [1]}]}`,
		`{"inputs": [{"name": "a", "shape": [1099511627776, 1099511627776], "datatype": "INT8", "data": [1]}]}`,
	} {
		var r Request
		var over *TooLargeError
		if err := Decode(&r, []byte(body), len(body), limits); !errors.As(err, &over) {
			t.Errorf("%.60s: %v", body, err)
		}
	}
}

func TestAResponseReadsBack(t *testing.T) {
	answers := []Answer{
		{Name: "label", Shape: []int{2}, Texts: [][]byte{[]byte("a\"é<"), {}}},
		{Name: "p", Shape: []int{2, 1}, Numbers: []float64{0.1, 1e-9}, Binary: true},
		{Name: "b", Shape: []int{1}, Texts: [][]byte{[]byte("xyz")}, Binary: true},
		{Name: "v", Shape: []int{1}, Numbers: []float64{1e21}},
	}
	body, header := AppendResponse([]byte("before"), "m", "3", "7\n", answers)
	body = body[len("before"):]
	var got struct {
		ModelName    string `json:"model_name"`
		ModelVersion string `json:"model_version"`
		ID           string `json:"id"`
	}
	if err := json.Unmarshal(body[:header], &got); err != nil || got.ModelName != "m" ||
		got.ModelVersion != "3" || got.ID != "7\n" {
		t.Fatalf("%s: %+v %v", body[:header], got, err)
	}
	// An output is written as an input is read.
	as := strings.Replace(string(body[:header]), `"outputs"`, `"inputs"`, 1)
	var r Request
	if err := Decode(&r, append([]byte(as), body[header:]...), len(as), limits); err != nil {
		t.Fatal(err)
	}
	for i, a := range answers {
		if in := &r.Inputs[i]; in.Name != a.Name ||
			fmt.Sprint(in.Shape, in.Floats, in.Texts) != fmt.Sprint(a.Shape, a.Numbers, a.Texts) {
			t.Errorf("%+v was read back as %+v", a, in)
		}
	}
}
