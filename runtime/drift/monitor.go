package drift

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
)

// What a monitor remembers of the past.
const (
	keptReports = 48
	keptColumns = 4_000 // of all reports together; at least one report is kept
)

// MonitorConfig is what a Monitor needs. Reference, Drift and Now are required.
type MonitorConfig struct {
	Reference *Reference
	Drift     plan.Drift
	Now       func() time.Time
	// AskOnce says that a lasting alert, once restored, does not ask for its
	// retrain again: for a caller that keeps what was asked until it is done.
	AskOnce bool
	// After calls f once after d, for windows that no traffic closes; nil: time.AfterFunc.
	After func(d time.Duration, f func())
	// OnReport hears of every window judged, OnRetrain then of those that ask for
	// a retrain: where the blueprint says so, once when an alert begins to hold.
	// Both are called in order, one at a time, on a goroutine of the monitor's,
	// and may call its methods. Nil: nobody listens.
	OnReport, OnRetrain func(*Report)
}

// Monitor gathers live rows in windows and judges each against the reference.
// It is safe for concurrent use.
//
// A window opens with its first row. It closes once the blueprint's duration has
// passed and it has min_rows; with fewer it stays open until it has them, which
// its From and To show. It closes early at max_rows. At most one closed window
// waits to be judged: should rows come faster than windows are judged, the open
// one grows beyond max_rows instead of rows being lost.
//
// Lock order: judging before mu. Rows are noted under mu alone, so they never
// wait for a window that is judged.
type Monitor struct {
	cfg    MonitorConfig
	length time.Duration
	layout *layout
	digest string // of reference and layout; a snapshot of others is refused

	mu         sync.Mutex // guards what follows; never held while judging
	live       *window
	spare      *window // memory to use again
	closed     *window // waits to be judged
	waking     bool    // a call of wake is under way
	sequence   int64   // windows judged
	reports    []*Report
	alert      alert
	outbox     []*Report // for OnReport and OnRetrain
	delivering bool

	judging sync.Mutex // one window at a time; guards what follows
	judge   judge
	seen    *Report // of the open window, when it was last looked at
}

// NewMonitor checks the reference and the configuration and returns a monitor
// that has seen nothing. The error names all that is wrong.
func NewMonitor(cfg MonitorConfig) (*Monitor, error) {
	if cfg.Reference == nil || cfg.Now == nil {
		return nil, errors.New("drift: a monitor needs a reference and a clock")
	}
	if cfg.After == nil {
		cfg.After = func(d time.Duration, f func()) { time.AfterFunc(d, crash.Guarded(f)) }
	}
	d := cfg.Drift
	l, length, digest, err := prepare(cfg.Reference, d)
	if err != nil {
		return nil, err
	}
	return &Monitor{
		cfg: cfg, length: length, layout: l, digest: digest,
		alert: alert{k: d.Alert.Windows, n: d.Alert.Of},
		judge: newJudge(cfg.Reference, l, d),
	}, nil
}

// prepare checks the reference and what is to be watched, and says where each
// column is. The digest is of both: windows of another do not fit.
//
// All problems of the reference and the configuration are reported together.
// The alert's settings are not part of the digest: changing them keeps what was
// gathered.
func prepare(r *Reference, d plan.Drift) (l *layout, length time.Duration, digest string, err error) {
	length, err = checkDrift(d)
	if err := errors.Join(r.Check(), err); err != nil {
		return nil, 0, "", err
	}
	if l, err = newLayout(r, d.Columns); err != nil {
		return nil, 0, "", err
	}
	if digest, err = plan.DigestOf([]any{r, d.Columns}); err != nil {
		return nil, 0, "", fmt.Errorf("drift reference: %w", err)
	}
	return l, length, digest, nil
}

// checkDrift returns the window's length. The plan has checked the same by its
// own rules; here it is checked again because a monitor with a window of 0 rows
// would close a window with every row. The limit of 1000 windows is that of a
// snapshot.
func checkDrift(d plan.Drift) (time.Duration, error) {
	var problems []error
	say := func(format string, args ...any) { problems = append(problems, fmt.Errorf("drift: "+format, args...)) }
	length, err := plan.ParseDuration(d.Window)
	if err != nil {
		say("window: %w", err)
	}
	if d.MinRows < 1 || d.MaxRows < d.MinRows {
		say("a window of %d to %d rows", d.MinRows, d.MaxRows)
	}
	if d.Tests != auto && !slices.Contains(Tests(), d.Tests) {
		say("tests: %q is neither auto nor one of %q", d.Tests, Tests())
	}
	if !(d.Alert.Share > 0 && d.Alert.Share <= 1) {
		say("alert: a share of %g is not above 0 and at most 1", d.Alert.Share)
	}
	if d.Alert.Windows < 1 || d.Alert.Of < d.Alert.Windows || d.Alert.Of > 1000 {
		say("alert: %d of the last %d windows; at most the last 1000", d.Alert.Windows, d.Alert.Of)
	}
	return length, errors.Join(problems...)
}

// Reports returns the verdicts on the last windows, oldest first, those of
// windows that have just become due included. At most 48 are kept, fewer where
// there are very many columns.
func (m *Monitor) Reports() []*Report {
	m.mu.Lock()
	m.closeDue(m.cfg.Now())
	m.mu.Unlock()
	m.settle()
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]*Report{}, m.reports...)
}

// Pending returns how many rows the open window has.
func (m *Monitor) Pending() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.live == nil {
		return 0
	}
	return m.live.rows
}
