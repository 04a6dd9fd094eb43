package main

import (
	"runtime"
	"testing"

	runs "github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// heldServing asserts that the pod that served has recorded the memory that it held.
func heldServing(t *testing.T, e env) {
	t.Helper()
	kept, err := store.OpenToRead(e["ASHLAR_STORE"])
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	all, err := runs.ListServed(t.Context(), kept, "scoring", 9)
	if err != nil || runtime.GOOS == "linux" && (len(all) != 1 || all[0].Version != 1 || all[0].PeakMemory < 8<<20) {
		t.Errorf("%+v: %v", all, err)
	}
}
