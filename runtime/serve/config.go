package serve

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/privacy"
	"github.com/ashlar-dev/ashlar/runtime/tracing"
)

// Config is what a server is made of. The zero value of every field but
// Endpoint is usable.
type Config struct {
	Endpoint string      // the endpoint's name in the blueprint
	Model    string      // the model's name in the registry, for requests while none is served; "": not known
	Limits   plan.Limits // zero fields take the blueprint's defaults: 1 MiB, 1000 rows, 10s
	// MaxInFlight bounds predictions under way; more are answered 503, and one
	// client, which is a remote address, has three quarters of them at most.
	// Run opens four connections for each, half of them to one client. 0: 1024.
	MaxInFlight int

	Log *slog.Logger // nil: nothing is logged
	// LogEvery samples successful requests at debug level: every n-th is
	// logged. 0: every 100th. Failures are always logged.
	LogEvery int

	Registry *prometheus.Registry // behind /metrics; nil: one of its own with Go, process and build metrics
	Metrics  *Metrics             // shared by the endpoints of one registry; nil: registered with Registry
	Drift    func() any           // what GET /drift answers, as JSON; nil: 404
	Waiting  func() string        // why there is no model, for /ready; nil or empty: it is not known

	// Answered hears of each request for predictions, in whatever protocol: how long it
	// took, and whether it failed through no fault of the client. Nil: nobody counts.
	Answered func(seconds float64, failed bool)
	// Release answers the paths below /release/, by whose answers a roll-out is steered;
	// nil: 404.
	Release http.Handler
	Access  Access          // who may ask; nil: everybody
	Tracer  *tracing.Tracer // hears of each request but those of probes; nil: nobody does

	// Keys is where the keys of hashed inputs are; asked for such a model alone.
	Keys privacy.Source

	Now   func() time.Time // nil: time.Now
	NewID func() string    // request ids; nil: random start and a counter

	// Grace is how long a draining server goes on as if nothing were but for
	// /ready, so that load balancers notice first. Drain bounds what follows:
	// the wait for requests under way. 0: no grace; 30 s.
	Grace time.Duration
	Drain time.Duration
}

// limits are plan.Limits ready for use.
type limits struct {
	body    int
	rows    int
	timeout time.Duration
	// Above it, requests get 503 rather than the process being killed for its
	// memory, which would fail every request under way.
	held int64 // bytes of bodies and answers at once
}

const (
	defaultBody     = 1 << 20
	defaultRows     = 1000
	defaultTimeout  = "10s"
	defaultInFlight = 1024
	defaultLogEvery = 100
	defaultDrain    = 30 * time.Second
	// maxBody bounds what a blueprint may ask for: a body is held in memory as a
	// whole.
	maxBody = 1 << 30
)

// complete returns the configuration with every default filled in.
// It reports all problems of a configuration together, joined, so that a user
// mends them in one go.
func (c Config) complete() (Config, limits, error) {
	var problems []error
	notNegative := func(what string, n int64) {
		if n < 0 {
			problems = append(problems, fmt.Errorf("%s: %d is negative", what, n))
		}
	}
	if c.Endpoint == "" {
		problems = append(problems, errors.New("it has no name"))
	}
	notNegative("limits.max_body_bytes", int64(c.Limits.MaxBodyBytes))
	notNegative("limits.max_batch_rows", int64(c.Limits.MaxBatchRows))
	notNegative("requests in flight", int64(c.MaxInFlight))
	notNegative("log every", int64(c.LogEvery))
	notNegative("grace", int64(c.Grace))
	notNegative("drain", int64(c.Drain))
	lim := limits{body: cmp.Or(c.Limits.MaxBodyBytes, defaultBody), rows: cmp.Or(c.Limits.MaxBatchRows, defaultRows)}
	if lim.body > maxBody {
		problems = append(problems, fmt.Errorf("limits.max_body_bytes: %d is more than %d", lim.body, maxBody))
	}
	var err error
	if lim.timeout, err = plan.ParseDuration(cmp.Or(c.Limits.Timeout, defaultTimeout)); err != nil {
		problems = append(problems, fmt.Errorf("limits.timeout: %w", err))
	}
	if err := errors.Join(problems...); err != nil {
		return c, lim, fmt.Errorf("endpoint %s: %w", c.Endpoint, err)
	}
	c.MaxInFlight = cmp.Or(c.MaxInFlight, defaultInFlight)
	c.LogEvery = cmp.Or(c.LogEvery, defaultLogEvery)
	c.Drain = cmp.Or(c.Drain, defaultDrain)
	// A single body of the largest size must always fit, whatever the number of
	// slots: the buffer of a growing body is old and new for a moment, and one
	// client may hold three quarters at most.
	lim.held = max(int64(c.MaxInFlight)*memoryPerSlot, 4*int64(lim.body))
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.NewID == nil {
		c.NewID = newIDs()
	}
	return c.withMetrics(lim)
}

// withMetrics fills in the registry and the metrics. Endpoints of one process
// share both: registering the same metrics twice is an error of Prometheus'.
func (c Config) withMetrics(lim limits) (Config, limits, error) {
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
		c.Registry.MustRegister(collectors.NewGoCollector(), collectors.NewBuildInfoCollector(),
			collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	}
	if c.Metrics == nil {
		m, err := NewMetrics(c.Registry)
		if err != nil {
			return c, lim, fmt.Errorf("endpoint %s: %w", c.Endpoint, err)
		}
		c.Metrics = m
	}
	return c, lim, nil
}
