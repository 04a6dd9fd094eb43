package drift

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

const (
	// snapshotVersion is raised whenever an older reader would misread a snapshot.
	snapshotVersion = 1
	// maxSnapshot bounds what Restore reads.
	maxSnapshot = 16 << 20
	// snapshotNumbers is how many numbers of the open window a snapshot keeps.
	snapshotNumbers = 1 << 19
)

// snapshot is what a monitor knows, as JSON.
type snapshot struct {
	Version  int       `json:"version"`
	Of       string    `json:"of"` // digest of the reference and the watched columns
	Sequence int64     `json:"sequence"`
	Verdicts []bool    `json:"verdicts"`
	Reports  []*Report `json:"reports"`
	Live     *live     `json:"live,omitempty"`
}

// live is an open window. Numbers holds little-endian float64, row by row.
type live struct {
	Opened  time.Time          `json:"opened"`
	Last    time.Time          `json:"last"`
	Rows    int64              `json:"rows"`
	Missing []int64            `json:"missing"`
	Counts  []int64            `json:"counts"`
	Named   []map[string]int64 `json:"named"`
	Numbers []byte             `json:"numbers"`
}

// Snapshot returns everything the monitor knows, the open window included, as
// JSON of at most 16 MiB. Of a window of very many rows it keeps a uniform sample
// of the numbers and all of the counts.
//
// Closed windows are judged first, so that only the open one has to be kept.
// Encoding is done without the lock, of copies; reports are shared, as they do
// not change once made.
func (m *Monitor) Snapshot() ([]byte, error) {
	m.lockSettled()
	s := snapshot{
		Version: snapshotVersion, Of: m.digest, Sequence: m.sequence,
		Verdicts: append([]bool{}, m.alert.verdicts...), Reports: append([]*Report{}, m.reports...),
	}
	if m.live != nil && m.live.rows > 0 {
		s.Live = m.live.save()
	}
	m.mu.Unlock()
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("drift snapshot: %w", err)
	}
	if len(b) > maxSnapshot {
		return nil, fmt.Errorf("drift snapshot: %d bytes, at most %d; watch fewer columns", len(b), maxSnapshot)
	}
	return b, nil
}

// lockSettled takes the lock at a moment at which no closed window waits to be
// judged: rows may close another between judging and locking, which a snapshot
// would lose.
func (m *Monitor) lockSettled() {
	for {
		m.settle()
		m.mu.Lock()
		if m.closed == nil {
			return
		}
		m.mu.Unlock()
	}
}

// save copies the window.
//
// Counts and names are copied, since the window goes on. shuffle reorders the
// kept rows, which is harmless: they are a set, and later rows replace them at
// random places.
func (w *window) save() *live {
	out := &live{
		Opened: w.opened.UTC(), Last: w.last.UTC(), Rows: w.rows,
		Missing: append([]int64{}, w.missing...), Counts: append([]int64{}, w.counts...),
		Named: make([]map[string]int64, len(w.named)),
	}
	for i, names := range w.named {
		out.Named[i] = maps.Clone(names)
	}
	rows := w.kept
	if most := max(snapshotNumbers/w.layout.width, 1); rows > most {
		w.shuffle(most)
		rows = most
	}
	out.Numbers = make([]byte, 0, 8*rows*w.layout.width)
	for i := range rows {
		for _, v := range w.row(i) {
			out.Numbers = binary.LittleEndian.AppendUint64(out.Numbers, math.Float64bits(v))
		}
	}
	return out
}

// shuffle moves a uniform sample of the kept rows to the front.
//
// n is at most the number of kept rows. The rows are swapped by value, in
// place: the window loses none.
func (w *window) shuffle(n int) {
	for i := range n {
		a, b := w.row(i), w.row(i+w.random.IntN(w.kept-i))
		for k := range a {
			a[k], b[k] = b[k], a[k]
		}
	}
}

// Restore takes over what a monitor of the same reference and columns knew, as
// Snapshot returned it. It must be called before the first row. An error leaves
// the monitor as it was. A lasting alert asks for its retrain again, once, with
// the next window that drifts, unless the monitor is to AskOnce: what was asked
// of a process that ended may not have been done.
func (m *Monitor) Restore(data []byte) error {
	if len(data) > maxSnapshot {
		return fmt.Errorf("drift snapshot: %d bytes, at most %d", len(data), maxSnapshot)
	}
	var s snapshot
	if err := plan.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("drift snapshot: %w", err)
	}
	if s.Version != snapshotVersion {
		return fmt.Errorf("drift snapshot of version %d, this program reads version %d", s.Version, snapshotVersion)
	}
	if s.Of != m.digest {
		return errors.New("drift snapshot: it is of another reference or of other columns")
	}
	w, err := m.checkSnapshot(&s)
	if err != nil {
		return fmt.Errorf("drift snapshot: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.live != nil || m.closed != nil || m.sequence > 0 {
		return errors.New("drift snapshot: rows have been seen already; restore before the first")
	}
	// Nothing after this can fail.
	m.sequence, m.reports = s.Sequence, m.trim(s.Reports)
	m.alert.verdicts = s.Verdicts[max(0, len(s.Verdicts)-m.alert.n):]
	m.alert.holding = m.cfg.AskOnce && len(s.Reports) > 0 && s.Reports[len(s.Reports)-1].Alert
	if m.live = w; w != nil {
		m.wakeAt(max(0, m.length-m.cfg.Now().Sub(w.opened)))
	}
	return nil
}
