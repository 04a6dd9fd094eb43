package oip

import (
	"fmt"
	"strings"
	"testing"
)

// told is all that a request says.
func told(r *Request) string {
	return fmt.Sprintf("%q %+v %+v %v %v %d", r.ID, r.Inputs, r.Outputs, r.Binary, r.Explain, r.Reasons)
}

// usedRequest is a request that has read a message with tensors of each kind.
func usedRequest(t testing.TB) *Request {
	t.Helper()
	r := &Request{}
	body := `{"id":"before","inputs":[{"name":"a","shape":[3],"datatype":"FP64","data":[7,null,9]},
		{"name":"b","shape":[2],"datatype":"INT64","data":[7,8]},{"name":"c","shape":[2],"datatype":"BYTES",
		"data":["x","y"]}],"outputs":[{"name":"p","parameters":{"binary_data":true}},{"name":"q"}]}`
	if err := Decode(r, []byte(body), len(body), limits); err != nil {
		t.Fatal(err)
	}
	return r
}

// many is a message of n tensors with k elements each.
func many(n, k int) string {
	var inputs []string
	for i := range n {
		data := strings.TrimSuffix(strings.Repeat(fmt.Sprintf("%d,", i), k), ",")
		for _, d := range []string{"FP64", "INT32"} {
			inputs = append(inputs, fmt.Sprintf(`{"name":"%s%d","shape":[%d,1],"datatype":"%s","data":[%s]}`, d, i, k, d,
				data))
		}
	}
	return `{"inputs":[` + strings.Join(inputs, ",") + `]}`
}

func TestTensorsKeepTheirElementsWhereMemoryGrows(t *testing.T) {
	r, lim := usedRequest(t), Limits{Tensors: 1000, Elements: 1 << 20}
	for _, k := range []int{1, 100, partMost, partMost + 1, 1} {
		body := many(40, k)
		if err := Decode(r, []byte(body), len(body), lim); err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			floats, ints := &r.Inputs[2*i], &r.Inputs[2*i+1]
			if floats.Name != fmt.Sprint("FP64", i) || len(floats.Floats) != k || len(ints.Ints) != k {
				t.Fatalf("%d elements: tensor %d is %+v", k, i, floats)
			}
			for j := range k {
				if floats.Floats[j] != float64(i) || ints.Ints[j] != int64(i) || floats.Shape[0] != k {
					t.Fatalf("%d elements: element %d of tensor %d is %v and %d", k, j, i, floats.Floats[j], ints.Ints[j])
				}
			}
		}
	}
}

func TestAForgottenRequestPointsIntoNoBody(t *testing.T) {
	r := usedRequest(t)
	r.Forget()
	if len(r.Inputs) != 0 || r.Outputs != nil || r.ID != "" || r.memory.decoder.data != nil {
		t.Errorf("it holds %s", told(r))
	}
	for i, text := range r.memory.texts.all {
		if text != nil {
			t.Errorf("text %d is %q", i, text)
		}
	}
}

func TestAMessageLikeTheOneBeforeTakesNoMemory(t *testing.T) {
	r, body := &Request{}, []byte(`{"inputs":[{"name":"age","shape":[1],"datatype":"INT64","data":[30]},
		{"datatype":"FP32","data":[1.5],"shape":[1,1],"name":"income"},
		{"name":"home","shape":[1],"datatype":"BYTES","data":["rent"]}],"outputs":[{"name":"prediction"}]}`)
	took := testing.AllocsPerRun(100, func() {
		if err := Decode(r, body, len(body), limits); err != nil {
			t.Fatal(err)
		}
		r.Forget()
	})
	if took > 0 {
		t.Errorf("%.0f allocations", took)
	}
}
