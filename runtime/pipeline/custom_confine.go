package pipeline

import (
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/confine"
)

// closed are the folders of the run that no command reads.
func (c *Config) closed() []string {
	var out []string
	for _, dir := range []string{c.Dir, c.Code, c.TempDir, c.Store.Folder()} {
		if dir != "" && !strings.Contains(dir, "://") {
			out = append(out, dir)
		}
	}
	return confine.Base(func(string) string { return "" }, out...).Deny
}

// held says once for each runner what holds commands, and what this machine cannot prevent; every run's record has it.
func (r *Runner) held(report confine.Report) {
	r.said.Do(func() {
		r.cfg.Log.Info("commands are confined", "held", report.Held, "open", report.Open)
	})
}
