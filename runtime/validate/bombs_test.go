package validate

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"maps"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/validate/profile"
	"github.com/ashlar-dev/ashlar/tests/bombs"
)

func TestSmallPartsTakeLittleMemory(t *testing.T) {
	ds := plan.Dataset{Source: "a.csv", Columns: map[string]plan.Column{"a": {Type: plan.Integer}}}
	asks, err := asked(ds, Options{}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	part := func(length uint64, text string) string {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		_, _ = z.Write(binary.AppendUvarint(nil, length))
		_, _ = io.WriteString(z, text)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	inputs := map[string]string{"a state that is not there": part(maxState, "{}"),
		"a state too large": part(1<<62, "{}")}
	for _, of := range []map[string]string{bombs.JSON(),
		bombs.Fields(`{"format":1,"asked":"`+asks+`",%s}`, "rows", "header", "columns", "schema", "notices", "part")} {
		for what, text := range of {
			inputs[what] = part(uint64(len(text)), text)
		}
	}
	bombs.Each(t, inputs, func(text string) {
		_, _ = Merge(t.Context(), ds, Options{TempDir: t.TempDir()}, bytes.NewReader([]byte(text)))
	})
}

func TestSmallProfilesTakeLittleMemory(t *testing.T) {
	const column = `{"rows":3,"columns":[{"name":"x","type":"integer","count":3,"missing":0,"min":1,"max":2,%s}]}`
	inputs := bombs.Fields(column, "state", "quantiles", "top", "histogram", "min", "count")
	maps.Copy(inputs, bombs.Fields(`{"rows":3,"columns":[{"name":"x","type":"integer","count":3,"state":{"limit":2048,%s}}]}`, "moments", "cells", "texts", "registers", "shift"))
	maps.Copy(inputs, bombs.Fields(`{"rows":3,%s}`, "columns"))
	bombs.Each(t, inputs, func(text string) {
		var p profile.Profile
		if plan.Unmarshal([]byte(text), &p) == nil {
			_, _ = profile.Merge(&p, &p)
		}
	})
}
