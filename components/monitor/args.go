package monitor

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ashlar-dev/ashlar/components/job"
	"github.com/ashlar-dev/ashlar/components/object"
	"github.com/ashlar-dev/ashlar/components/slo"
)

// Args says what is watched of one endpoint. Each part is optional.
type Args struct {
	Namespace string
	Name      string // of the endpoint
	Labels    map[string]string

	Scrape *Scrape     // what Prometheus scrapes; nil: nothing
	Drift  *job.Args   // the job that judges the windows of live traffic; nil: none
	Alerts []slo.Group // rules about the endpoint; none: no PrometheusRule

	After []pulumi.Resource // what must be there first
}

// Scrape says which Service Prometheus scrapes.
type Scrape struct {
	Service  map[string]string // its labels
	Port     string            // its port's name
	Path     string            // "/metrics"
	Interval string            // "30s"
}

// Validate returns every problem of the arguments, joined.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("monitor: no arguments")
	}
	found := []error{
		object.CheckName("monitor", a.Name, object.MaxLabel),
		object.CheckName("namespace", a.Namespace, object.MaxLabel), object.CheckLabels(a.Labels),
	}
	say := func(format string, args ...any) {
		found = append(found, fmt.Errorf("monitor %s: "+format, append([]any{a.Name}, args...)...))
	}
	if s := a.Scrape; s != nil {
		if len(s.Service) == 0 {
			say("it would scrape every Service: name labels")
		}
		if s.Port == "" || s.Path == "" || s.Interval == "" {
			say("scrape of port %q, path %q, every %q: want all three", s.Port, s.Path, s.Interval)
		}
	}
	if a.Drift != nil {
		if a.Drift.Engine != job.CronJob || a.Drift.Schedule == "" {
			say("drift is judged by a %s on a schedule, not by %s %q", job.CronJob, a.Drift.Engine, a.Drift.Schedule)
		}
		if err := a.Drift.Validate(); err != nil {
			say("%w", err)
		}
	}
	return errors.Join(found...)
}
