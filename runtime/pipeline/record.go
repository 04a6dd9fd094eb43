package pipeline

import (
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"

	"github.com/ashlar-dev/ashlar/runtime/run"
	"github.com/ashlar-dev/ashlar/runtime/tuning"
)

// newRun is the record of a run that begins now. An ID that the job lacks is made of the time, in nanoseconds:
// two runs that begin within a second are two.
func newRun(cfg Config, job Job, planDigest string) *run.Run {
	now := cfg.Now().UTC()
	r := &run.Run{
		ID:          job.ID,
		Blueprint:   cfg.Plan.Name,
		Unit:        job.Name(),
		Pipeline:    job.Pipeline,
		Date:        job.Date,
		PlanDigest:  planDigest,
		Trigger:     cfg.Trigger,
		Author:      cfg.Author,
		Commit:      cfg.Commit,
		Params:      paramsOf(cfg, job),
		Environment: environment(),
		Status:      run.Running,
		StartedAt:   now,
	}
	if r.ID == "" {
		r.ID = now.Format(idFormat)
	}
	return r
}

// paramsOf are the parameters of the job's model, as text.
func paramsOf(cfg Config, job Job) map[string]string {
	m, ok := cfg.Plan.Models[job.Model]
	if !ok {
		return nil
	}
	out := map[string]string{"algorithm": m.Algorithm}
	for name, value := range m.Params {
		out[name] = tuning.Text(value)
	}
	maps.Copy(out, spaceOf(m))
	return out
}

// environment is what this process is and runs on. It is told and no more: no key of a stage depends on it.
func environment() map[string]string {
	out := map[string]string{
		"go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH, "cores": fmt.Sprint(runtime.NumCPU()),
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		out["ashlar"] = info.Main.Version
	}
	return out
}
