package access

import (
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// maxCallers bounds the callers whose rates and quotas are held. Of more, those who
// asked last are: the others begin anew.
const maxCallers = 1 << 15

// periods are those of quotas, in UTC.
var periods = map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": plan.Day}

// meter counts what each caller asks for.
// Counts are those of this process: replicas each count what they answer.
type meter struct {
	access   plan.Access
	endpoint string
	metrics  *Metrics
	callers  *recent[string, *allowance]
}

func newMeter(a plan.Access, endpoint string, m *Metrics) *meter {
	return &meter{access: a, endpoint: endpoint, metrics: m, callers: newRecent[string, *allowance](maxCallers)}
}

// allowance is what one caller has left.
type allowance struct {
	admitted, limited prometheus.Counter // nil: nobody counts
	limiter           *rate.Limiter      // nil: no rate
	quota             *plan.Quota        // nil: none

	mu     sync.Mutex
	period time.Time // its begin
	used   int
}

// take notes a request of whoever has the key, or says when the next may come. name is
// what metrics call them.
func (m *meter) take(key, name string, now time.Time) *Refusal {
	a := m.callers.getOr(key, func() *allowance { return m.allow(name) })
	refused := a.take(now)
	if c := a.admitted; c != nil && refused == nil {
		c.Inc()
	} else if c != nil {
		a.limited.Inc()
	}
	return refused
}

// allow makes the allowance of a caller.
func (m *meter) allow(name string) *allowance {
	spec := m.access.Allowance
	if own, ok := m.access.Callers[name]; ok {
		spec = own
	}
	a := &allowance{quota: spec.Quota}
	if r := spec.Rate; r != nil {
		a.limiter = rate.NewLimiter(rate.Limit(r.RequestsPerSecond), r.Burst)
	}
	if m.metrics != nil {
		label := m.metrics.label(name)
		a.admitted = m.metrics.requests.WithLabelValues(m.endpoint, label, "admitted")
		a.limited = m.metrics.requests.WithLabelValues(m.endpoint, label, "limited")
	}
	return a
}

// take takes one request. The quota is asked first and charged last, so that what the
// rate refuses does not count.
func (a *allowance) take(now time.Time) *Refusal {
	if a.limiter == nil && a.quota == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if q := a.quota; q != nil {
		period := periods[q.Per]
		if begin := now.UTC().Truncate(period); begin.After(a.period) {
			a.period, a.used = begin, 0
		}
		if a.used >= q.Requests {
			return limited("quota_exceeded", fmt.Sprintf("the quota of %s a %s is used up", plan.Counted(q.Requests,
				"request"), q.Per), a.period.Add(period).Sub(now))
		}
	}
	if a.limiter != nil {
		r := a.limiter.ReserveN(now, 1)
		if wait := r.DelayFrom(now); wait > 0 {
			r.CancelAt(now)
			return limited("rate_limited", "more requests a second come than this caller may send", wait)
		}
	}
	a.used++
	return nil
}

// limited is a refusal until later. The wait is a whole number of seconds, as
// Retry-After has it.
func limited(code, message string, wait time.Duration) *Refusal {
	wait = time.Duration(math.Ceil(max(wait, 1).Seconds())) * time.Second
	return &Refusal{Status: http.StatusTooManyRequests, Code: code, Message: message, RetryAfter: wait}
}

// refused counts a request whose caller is not known, or may not ask.
func (m *meter) refused(r *Refusal) {
	if m.metrics != nil {
		m.metrics.refusals.WithLabelValues(m.endpoint, r.Code).Inc()
	}
}
