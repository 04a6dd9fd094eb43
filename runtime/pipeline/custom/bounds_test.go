//go:build unix

package custom

import (
	"runtime"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

func TestAMetricsFileIsNotReadWholeHoweverLargeItIs(t *testing.T) {
	b := newBench(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := b.run(plan.Stage{Cmd: []string{"truncate -s 100M m.json"},
		Metrics: []string{"m.json"}})
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "m.json contains more than 4194304 bytes") {
		t.Errorf("%v", err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
		t.Errorf("it took %d MiB", took>>20)
	}
}
