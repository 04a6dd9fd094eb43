package serve

import (
	"context"
	"math"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// queuedBytes bounds the bodies that wait to be compared, in all.
const queuedBytes = 16 << 20

// Comparer asks one version what another has answered, row by row, behind the
// answers: no request waits for it, and it gives way to those that are answered. What
// there is no room for is counted and dropped. Close it when the release is over.
type Comparer struct {
	shadow    *Arm
	tolerance float64
	now       func() time.Time
	jobs      chan *comparison
	spare     sync.Pool
	waiting   atomic.Int64 // bytes
	stop      chan struct{}
	once      sync.Once
	done      sync.WaitGroup
}

// CompareConfig is what a Comparer needs.
type CompareConfig struct {
	Queue     int     // requests that wait, at most; 0: 1000
	Tolerance float64 // by which predictions of a number may differ and agree
	// Shadow is asked everything that the main version answers, and its errors and
	// latencies are counted as if it had been asked by the client. Nil: the only
	// version beside the main one is asked, and those of its answers count that clients
	// have had.
	Shadow *Arm
	Now    func() time.Time // nil: time.Now
}

// NewComparer starts one.
func NewComparer(cfg CompareConfig) *Comparer {
	if cfg.Queue <= 0 {
		cfg.Queue = 1000
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	c := &Comparer{shadow: cfg.Shadow, tolerance: cfg.Tolerance, now: cfg.Now,
		jobs: make(chan *comparison, cfg.Queue), stop: make(chan struct{})}
	c.spare.New = func() any { return &comparison{} }
	c.done.Go(func() {
		defer crash.Guard()
		c.run()
	})
	return c
}

// Close ends it. What still waits is not compared.
func (c *Comparer) Close() {
	c.once.Do(func() { close(c.stop) })
	c.done.Wait()
}

// comparison is a request that was answered, with the answers.
type comparison struct {
	lane   *lane
	in     *dialect
	header http.Header // of the inference protocol; nil: none matters
	body   []byte
	rows   []answered
}

// answered is what one row was answered: a class, or a number.
type answered struct {
	class string
	value float64
}

// drop counts a request that is not compared.
func (l *lane) drop() {
	l.against.dropped.Add(1)
	l.tested.metrics.dropped.Inc()
}

// offer takes a request to compare, if there is room. It never blocks.
func (c *Comparer) offer(l *lane, w *worker, in *dialect, h http.Header) {
	size := int64(len(w.body))
	if c.waiting.Add(size) > queuedBytes || len(c.jobs) == cap(c.jobs) {
		c.waiting.Add(-size)
		l.drop()
		return
	}
	j := c.spare.Get().(*comparison) //nolint:forcetypeassert // the pool holds nothing else
	j.lane, j.in, j.header = l, in, nil
	if given := h[headerLength]; len(given) > 0 {
		j.header = http.Header{headerLength: given}
	}
	j.body, j.rows = append(j.body[:0], w.body...), append(j.rows[:0], w.noted...)
	select {
	case c.jobs <- j:
	default:
		c.waiting.Add(-size)
		l.drop()
	}
}

// rest is how long the comparing rests when nothing waits any more. Waking it costs a
// request some microseconds, nearly as much as a prediction takes, so that it must not
// be woken by each.
const rest = 2 * time.Millisecond

func (c *Comparer) run() {
	for {
		select {
		case <-c.stop:
			return
		case j := <-c.jobs:
			c.take(j)
		}
		c.catchUp()
		select {
		case <-c.stop:
			return
		case <-time.After(rest):
		}
	}
}

// atLeast is how many requests are compared between two rests however busy the process
// is, so that some are always compared; crowded is how long giving way takes where
// somebody else was waiting for the processor: it is a fraction of a microsecond where
// nobody was.
const (
	atLeast = 4
	crowded = 5 * time.Microsecond
)

// catchUp compares what waits, with the time that nobody else wants: after each
// comparison whoever answers requests may go first, and where somebody has, comparing is
// put off, until the queue is full and requests are dropped. A server that is asked as
// much as it can answer would otherwise answer less by what its shadow computes.
func (c *Comparer) catchUp() {
	for n := 2; ; n++ { // one was compared when it came
		select {
		case <-c.stop:
			return
		case j := <-c.jobs:
			c.take(j)
		default:
			return
		}
		before := c.now()
		runtime.Gosched()
		if n >= atLeast && c.now().Sub(before) > crowded {
			return
		}
	}
}

func (c *Comparer) take(j *comparison) {
	c.compare(j)
	c.waiting.Add(-int64(len(j.body)))
	if cap(j.body) <= maxKept {
		c.spare.Put(j)
	}
}

// compare asks the partner, and counts the rows in which both agree. A partner
// that is under test and cannot answer agrees in none; one that is not says nothing.
func (c *Comparer) compare(j *comparison) {
	l := j.lane
	w := l.partner.workers.Get().(*worker) //nolint:forcetypeassert // the pool holds nothing else
	w.body, w.quiet = append(w.body[:0], j.body...), true
	start := c.now()
	_, p := w.attempt(context.Background(), j.in, j.header)
	took := c.now().Sub(start)
	switch {
	case p == nil:
		l.against.compare(len(j.rows), c.agreeing(j.rows, w.noted))
	case l.tested == l.partner:
		l.against.compare(len(j.rows), 0)
	}
	if l.measured && p != nil {
		l.against.fail()
	} else if l.measured {
		l.against.answer(took)
	}
	if p == nil || p.cause == "" {
		w.release()
	}
}

// agreeing is the number of rows in which two versions agree.
func (c *Comparer) agreeing(a, b []answered) int {
	n := 0
	for i := range min(len(a), len(b)) {
		if a[i].class == b[i].class && math.Abs(a[i].value-b[i].value) <= c.tolerance {
			n++
		}
	}
	return n
}
