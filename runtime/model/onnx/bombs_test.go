package onnx_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/ashlar-dev/ashlar/runtime/model/onnx"
	"github.com/ashlar-dev/ashlar/tests/bombs"
)

func block(field int, b string) string {
	out := protowire.AppendTag(nil, protowire.Number(field), protowire.BytesType)
	return string(protowire.AppendString(out, b))
}

// graphOf is a model whose graph has the fields.
func graphOf(fields string) string { return block(7, fields) }

func TestSmallGraphsTakeLittleMemory(t *testing.T) {
	const n = bombs.Size
	node := func(fields string) string { return graphOf(block(1, fields)) }
	floats := string(protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 1<<40))
	wide := block(11, block(1, "X")+block(2, block(1, "\x08\x01"+block(2, block(1, "")+block(1, "\x08\x80\x80\x40")))))
	inputs := map[string]string{
		"nothing but tags":      strings.Repeat("\x0a\x00", n/2),
		"a length beyond":       "\x3a\xff\xff\xff\xff\x0f",
		"deep graphs":           strings.Repeat("\x3a\x7f", n/2),
		"nodes":                 graphOf(strings.Repeat("\x0a\x00", n/2)),
		"constants":             graphOf(strings.Repeat("\x2a\x00", n/2)),
		"inputs":                graphOf(strings.Repeat("\x5a\x00", n/2)),
		"outputs":               graphOf(strings.Repeat("\x62\x00", n/2)),
		"a node of inputs":      node(strings.Repeat("\x0a\x00", n/2)),
		"a node of attributes":  node(strings.Repeat("\x2a\x00", n/2)),
		"an attribute of texts": node(block(5, strings.Repeat("\x4a\x00", n/2))),
		"packed integers":       node(block(5, block(8, strings.Repeat("\x01", n)))),
		"packed floats":         node(block(5, block(7, strings.Repeat("\x01", n)))),
		"tensors in attributes": node(block(5, strings.Repeat("\x2a\x00", n/2))),
		"a huge constant":       graphOf(block(5, floats+"\x10\x01")),
		"a constant of texts":   graphOf(block(5, "\x10\x08"+strings.Repeat("\x32\x00", n/2))),
		"raw flags":             graphOf(block(5, "\x10\x09"+block(9, strings.Repeat("\x01", n)))),
		"opsets":                strings.Repeat("\x42\x00", n/2),
		"a long chain": graphOf(wide + strings.Repeat(block(1, block(1, "X")+block(2, "X")+block(4, "Exp")), 9000) +
			block(12, block(1, "X")+block(2, block(1, "\x08\x01")))),
	}
	bombs.Each(t, inputs, func(text string) {
		g, err := onnx.Decode([]byte(text))
		if err != nil {
			return
		}
		if p, err := g.Compile(false, 4); err == nil {
			p.NewState()
		}
	})
}

// FuzzGraph decodes, compiles and runs whatever there is: no bytes may make it
// panic, nor score without an end.
func FuzzGraph(f *testing.F) {
	for _, name := range []string{"table", "pipeline", "forest_five", "modes_0_sum", "one_1_logistic_mixed", "xgboost_two"} {
		f.Add(read(f, "testdata/"+name+".onnx"))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := onnx.Decode(b)
		if err != nil {
			return
		}
		for _, classify := range []bool{true, false} {
			p, err := g.Compile(classify, 3)
			if err != nil {
				continue
			}
			scores := make([]float64, p.Rows*p.Columns)
			p.NewState().Run(min(p.Rows, 3), scores)
		}
	})
}
