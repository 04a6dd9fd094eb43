package pipeline

import (
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/command"
	"github.com/ashlar-dev/ashlar/runtime/confine"
	"github.com/ashlar-dev/ashlar/runtime/run"
)

// policy is what a command with the environment may do: change its own folders,
// and read the system, its interpreters and their packages. What the run reads
// from, and what it keeps, is closed to it.
func (x *execution) policy(env []string, own ...string) *confine.Policy {
	base := x.Confine
	for _, v := range env {
		if path, ok := strings.CutPrefix(v, "PATH="); ok {
			base.Path = path
		}
	}
	base.Read = append(slices.Clone(base.Read), x.envs())
	return base.For(own, x.closed()...)
}

// closed are the folders of the run that no command reads.
func (x *execution) closed() []string {
	var out []string
	for _, dir := range []string{x.Dir, x.Code, x.TempDir, x.Store.Folder()} {
		if dir != "" && !strings.Contains(dir, "://") {
			out = append(out, dir)
		}
	}
	return confine.Base(func(string) string { return "" }, out...).Deny
}

// held notes what holds the stage's command. What this machine cannot prevent is
// said once by each process, and is in the record of every run.
func (x *execution) held(res *run.Result) func(confine.Report) {
	return func(r confine.Report) {
		res.Confinement = &r
		x.runner.said.Do(func() {
			x.Log.Info("commands are confined", "held", r.Held, "open", r.Open)
		})
	}
}

// scoredBy notes what holds the server that scores for the model, where one does.
func (x *execution) scoredBy(res *run.Result) {
	x.lazy.Lock()
	defer x.lazy.Unlock()
	if x.server != nil {
		x.held(res)(x.server.Confinement())
	}
}

// reserve is what a command must leave free on the disk of the folder: a
// hundredth, at most a gigabyte, and no more than half of what is free now.
func reserve(dir string) int64 {
	free, ok := command.Free(dir)
	if !ok {
		return 0
	}
	return min(1<<30, free/2)
}
