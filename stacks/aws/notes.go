package aws

import (
	"fmt"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
)

// Notes say what the cluster's engines do otherwise than the blueprints ask for, a
// line each: it is said where manifests are made, and not left to be found. None of it
// is an error: the run happens, later or more often than the blueprint says. A
// foundation runs no pipelines; what is said of it is that its cluster's version nears
// its end.
func Notes(plans []*plan.Plan, cfg config.Config) []string {
	if cfg = cfg.Filled(); cfg.Layer == config.LayerFoundation {
		if note := cfg.Support(); note != "" {
			return []string{note}
		}
		return nil
	}
	var out []string
	for _, p := range plans {
		out = append(out, unexpired(p, cfg)...)
		for _, name := range sorted(p.Pipelines) {
			for _, note := range otherwise(p.Pipelines[name], cfg.Pipelines) {
				out = append(out, fmt.Sprintf("blueprint %s: pipeline %s: %s", p.Name, name, note))
			}
			if len(p.Pipelines[name].OnFailure.Email) > 0 && cfg.MailServer == "" {
				out = append(out, fmt.Sprintf("blueprint %s: pipeline %s: on_failure.email: no pod may reach a mail server; set mailServer to the host:port of ASHLAR_SMTP_URL", p.Name, name))
			}
		}
	}
	return out
}

// otherwise is what the engine does not do as the pipeline says. A schedule or a zone
// that cannot be read has no note: validation refuses it.
func otherwise(line plan.Pipeline, engine string) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	s, err := plan.ParseSchedule(line.Schedule)
	zone, zoneErr := line.Zone()
	if line.Schedule != "" && err == nil && zoneErr == nil {
		if s.Moved(zone) {
			say("schedule %q in %s: where the clocks are changed, the cluster leaves a run out whose time the day does not have, and starts one twice whose time it has twice; choose a time that no change concerns, or UTC", line.Schedule, zone)
		}
		if s.Every > 0 {
			say("schedule %q: the cluster counts from when it first saw it, and not from 1970", line.Schedule)
		}
		if line.Catchup {
			say("catchup: the cluster starts the last run that was missed, and not those before it; start them with a date of their own")
		}
	}
	if again, delay, err := line.Attempts(nil); engine != config.PipelinesArgo && again > 0 && err == nil {
		say("retry_delay %s: pipelines %q waits 10 s, then twice as long each time up to 6 m; %q waits as the blueprint says", delay, engine, config.PipelinesArgo)
	}
	return out
}
