package dataset

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/tests/bombs"
)

func TestSmallTablesTakeLittleMemory(t *testing.T) {
	const n = bombs.Size
	inputs := map[string]string{
		"commas in the header":   strings.Repeat(",", n) + "\n1\n",
		"the most columns":       strings.Repeat("a,", MaxColumns-1) + "a\n" + strings.Repeat("\n", n),
		"the most columns, rows": strings.Repeat("a,", MaxColumns-1) + "a\n" + strings.Repeat("1\n", n/2),
		"quotes in the header":   strings.Repeat(`""`, n/2) + "\n1\n",
		"a header of one name":   strings.Repeat("x", n) + "\n1\n",
		"a quote without end":    "c0,c1\n\"" + strings.Repeat("x\n", n/2),
		"blank lines":            strings.Repeat("\n", n),
		"broken rows":            "c0,c1\n" + strings.Repeat("x\n", n/2),
		"commas in a row":        "c0,c1\n" + strings.Repeat(",", n) + "\n",
		"texts, each another":    "c0,c1\n" + distinct(n/8),
		"a long field":           "c0,c1\n" + strings.Repeat("x", n) + ",\n",
		"digits":                 "c0,c1\n" + strings.Repeat("9", n) + ",1e999999999\n",
		"other delimiters":       strings.Repeat(";", n) + "\n" + strings.Repeat("|", n) + "\n",
	}
	read := func(infer bool) func(string) {
		return func(text string) {
			dir := write(t, map[string]string{"t.csv": text})
			if infer {
				_, _ = Infer(t.Context(), texts("t.csv", 0), Options{Dir: dir, Workers: 1})
				return
			}
			r, err := Open(t.Context(), texts("t.csv", 2), Options{Dir: dir, Workers: 1})
			for err == nil {
				_, err = r.Next()
			}
			if r != nil {
				_ = r.Close()
			}
		}
	}
	t.Run("read", func(t *testing.T) { bombs.Each(t, inputs, read(false)) })
	t.Run("inferred", func(t *testing.T) { bombs.Each(t, inputs, read(true)) })
}

// distinct is rows of texts that are all different.
func distinct(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(string(binary.AppendVarint([]byte{'a' + byte(i%26)}, 0)[:1]))
		for k := i; k > 0; k /= 26 {
			b.WriteByte('a' + byte(k%26))
		}
		b.WriteString(",x\n")
	}
	return b.String()
}

func TestSmallKeptFramesTakeLittleMemory(t *testing.T) {
	frame := func(head string) string {
		return frameMagic + string(binary.LittleEndian.AppendUint32(nil, uint32(len(head)))) + head
	}
	inputs := map[string]string{
		"a header that is not there": frameMagic + string(binary.LittleEndian.AppendUint32(nil, maxFrameHeader)),
		"rows that are not there":    frame(`{"format":1,"rows":9000000000000000000,"columns":[{"name":"a","type":"number"}]}`),
		"texts that are not there":   frame(`{"format":1,"rows":0,"columns":[{"name":"a","type":"text","texts":9000000000000000000}]}`),
		"a text that is not there": frame(`{"format":1,"rows":0,"columns":[{"name":"a","type":"text","texts":1}]}`) +
			"\xff\xff\x3f",
		"columns of nothing": frame(`{"format":1,"rows":0,"columns":[` +
			strings.Repeat(`{"name":"a","type":"text"},`, MaxColumns-1) + `{"name":"a","type":"text"}]}`),
	}
	for what, bomb := range bombs.Fields(`{"format":1,%s}`, "rows", "columns") {
		inputs[what] = frame(bomb)
	}
	bombs.Each(t, inputs, func(text string) { _, _ = DecodeFrame(strings.NewReader(text)) })
}
