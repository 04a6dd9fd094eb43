package drift

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/dataset"
	"github.com/ashlar-dev/ashlar/runtime/model"
)

// clock is a time that only tests move; calls asked for wait until it reaches them.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	calls map[time.Time][]func()
}

func newClock() *clock {
	return &clock{now: time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC), calls: map[time.Time][]func(){}}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) After(d time.Duration, f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.now.Add(d)
	c.calls[at] = append(c.calls[at], f)
}

// pass moves the time without waking anybody.
func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// wake calls whatever is due, also what that asks for.
func (c *clock) wake() {
	for {
		c.mu.Lock()
		var due []func()
		for at, calls := range c.calls {
			if !at.After(c.now) {
				due = append(due, calls...)
				delete(c.calls, at)
			}
		}
		c.mu.Unlock()
		if len(due) == 0 {
			return
		}
		for _, f := range due {
			f()
		}
	}
}

// people are rows of an invented shop: age, income (some missing), home and
// whether they are a member. Rows from the same seed are the same.
type people struct {
	random *rand.Rand
	older  float64 // years added
	home   []string
	gone   float64 // share of incomes missing
}

func newPeople(seed uint64) *people {
	return &people{random: rand.New(rand.NewPCG(seed, 1)),
		home: []string{"owner", "parents", "rent", "rent"}, gone: 0.05}
}

type person struct {
	age, income, member float64
	home                string
}

func (p *people) next() person {
	out := person{
		age: math.Round(40 + p.older + 10*p.random.NormFloat64()), income: math.Exp(7 + p.random.NormFloat64()/2),
		home: p.home[p.random.IntN(len(p.home))], member: float64(p.random.IntN(2)),
	}
	if p.random.Float64() < p.gone {
		out.income = math.NaN()
	}
	return out
}

// score is what the invented model answers: older people score higher.
func (x person) score() model.Score {
	p := 1 / (1 + math.Exp(-(x.age-40)/10))
	s := model.Score{Probability: p, Class: "bad"}
	if p >= 0.5 {
		s.Label, s.Class = 1, "good"
	}
	return s
}

var homes = []string{"owner", "parents", "rent"}

// shopModel has the encoder that observers read.
func shopModel() *model.Model {
	return &model.Model{Task: plan.Binary, Encoder: model.Encoder{Fields: []model.FieldEncoder{
		{Name: "age", Type: plan.Integer}, {Name: "income", Type: plan.Number},
		{Name: "home", Type: plan.Category, Categories: homes}, {Name: "member", Type: plan.Boolean},
	}}}
}

// row is the person as an observer is shown one.
func (x person) row() ([]float64, []string) {
	code := 3.0
	for i, h := range homes {
		if h == x.home {
			code = float64(i)
		}
	}
	return []float64{x.age, x.income, code, x.member}, []string{"", "", x.home, ""}
}

// frame gathers people into what a reference is made of.
func frame(rows []person) (*dataset.Frame, *model.Predictions) {
	f := &dataset.Frame{Rows: len(rows), Columns: []dataset.Column{
		{Name: "age", Type: plan.Integer}, {Name: "income", Type: plan.Number},
		{Name: "home", Type: plan.Category, Dict: homes}, {Name: "member", Type: plan.Boolean},
	}}
	p := &model.Predictions{Classes: 2}
	for _, x := range rows {
		values, _ := x.row()
		for i, v := range values {
			c := &f.Columns[i]
			if c.Coded() {
				c.Codes = append(c.Codes, int32(v))
			} else {
				c.Floats = append(c.Floats, v)
			}
		}
		p.Proba, p.Label = append(p.Proba, x.score().Probability), append(p.Label, x.score().Label)
	}
	return f, p
}

func crowd(p *people, n int) []person {
	out := make([]person, n)
	for i := range out {
		out[i] = p.next()
	}
	return out
}

// shopReference is the reference of n people, through JSON as a stage keeps it.
func shopReference(t testing.TB, n int) *Reference {
	t.Helper()
	f, p := frame(crowd(newPeople(11), n))
	ref, err := NewReference(f, p, ReferenceOptions{Labels: []string{"bad", "good"}, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(ref)
	if err != nil {
		t.Fatal(err)
	}
	var out Reference
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return &out
}

// watch is a monitor of the shop with its clock and what it told.
type watch struct {
	*Monitor
	clock    *clock
	observer *Observer
	told     chan string
}

func shopDrift() plan.Drift {
	return plan.Drift{Window: "1h", MinRows: 100, MaxRows: 100_000, Tests: "auto",
		Alert: plan.DriftAlert{Share: 0.5, Windows: 1, Of: 1}}
}

func newWatch(t testing.TB, ref *Reference, d plan.Drift) *watch {
	t.Helper()
	w := &watch{clock: newClock(), told: make(chan string, 1000)}
	m, err := NewMonitor(MonitorConfig{
		Reference: ref, Drift: d, Now: w.clock.Now, After: w.clock.After,
		OnReport:  func(r *Report) { w.told <- "report " + strconv.FormatInt(r.Window, 10) },
		OnRetrain: func(r *Report) { w.told <- "retrain " + strconv.FormatInt(r.Window, 10) },
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Monitor, w.observer = m, m.Observer(shopModel())
	return w
}

// see shows the monitor so many people.
func (w *watch) see(p *people, n int) {
	for range n {
		x := p.next()
		values, texts := x.row()
		w.observer.Observe(values, texts, x.score())
	}
}

// hour lets an hour pass and returns the newest report, nil where none came.
func (w *watch) hour() *Report {
	before := w.Reports()
	w.clock.pass(time.Hour)
	after := w.Reports()
	if len(after) == len(before) {
		return nil
	}
	return after[len(after)-1]
}

func byName(t *testing.T, r *Report, name string) Column {
	t.Helper()
	for _, c := range r.Columns {
		if c.Column == name {
			return c
		}
	}
	t.Fatalf("no column %q in %+v", name, r)
	return Column{}
}
