package release

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/judge"
)

var (
	noon   = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	stable = Version{"m", 1, "sha256:1"}
	next   = Version{"m", 2, "sha256:2"}
)

func weight(n int) plan.Step { return plan.Step{SetWeight: &n} }

// says is a judge that has made up its mind.
func says(outcome judge.Outcome) func(*plan.Analysis) judge.Verdict {
	return func(*plan.Analysis) judge.Verdict {
		return judge.Verdict{Verdict: outcome, Reason: "the judge says " + string(outcome)}
	}
}

// ride is a release that the test ticks.
type ride struct {
	*testing.T
	r      *Release
	stages []Stage
	now    time.Time
}

func begin(t *testing.T, s plan.Strategy) *ride {
	t.Helper()
	stages, err := Stages(s)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Begin(s, stable, next, noon)
	if err != nil {
		t.Fatal(err)
	}
	return &ride{t, r, stages, noon}
}

func (x *ride) tick(d time.Duration, outcome judge.Outcome) {
	x.now = x.now.Add(d)
	x.r.Tick(x.stages, x.now, d, says(outcome))
}

// is compares where the release stands.
func (x *ride) is(phase Phase, stage int) {
	x.Helper()
	if x.r.Phase != phase || x.r.Stage != stage {
		x.Fatalf("%s at stage %d (%s), want %s at %d", x.r.Phase, x.r.Stage, x.r.Why, phase, stage)
	}
}

func twoSteps(a *plan.Analysis) plan.Strategy {
	return plan.Strategy{Canary: &plan.Canary{Analysis: a,
		Steps: []plan.Step{weight(10), {Pause: "5m"}, weight(50), {Pause: "manual"}}}}
}

func TestACanaryGoesThroughItsSteps(t *testing.T) {
	x := begin(t, twoSteps(nil))
	x.tick(0, judge.Inconclusive)
	x.is(Progressing, 1)
	if place, _ := x.r.Place(x.stages); place.Weight != 10 {
		t.Errorf("%+v", place)
	}
	x.tick(4*time.Minute+59*time.Second, judge.Inconclusive)
	x.is(Progressing, 1)
	x.tick(time.Second, judge.Inconclusive)
	x.is(Progressing, 2)
	x.tick(time.Second, judge.Inconclusive)
	x.is(Waiting, 3)
	x.tick(24*time.Hour, judge.Inconclusive)
	x.is(Waiting, 3)
	if err := x.r.Promote(x.now, "ada", false); err != nil {
		t.Fatal(err)
	}
	x.is(Promoted, 4)
	if x.r.By != "ada" || x.r.Steps[3].Skipped != "ada" {
		t.Errorf("%+v", x.r)
	}
}

func TestWhatIsInconclusiveWaits(t *testing.T) {
	x := begin(t, twoSteps(&plan.Analysis{}))
	x.tick(0, judge.Inconclusive)
	x.tick(time.Hour, judge.Inconclusive)
	x.is(Waiting, 1)
	if !strings.Contains(x.r.Why, "the judge says inconclusive") {
		t.Error(x.r.Why)
	}
	x.tick(time.Second, judge.Pass)
	x.is(Progressing, 2)
	x.tick(time.Second, judge.Pass)
	x.r.Promote(x.now, "ada", false) // the manual pause
	x.tick(time.Second, judge.Inconclusive)
	x.is(Waiting, 4) // the verdict on all of it
	x.tick(time.Second, judge.Pass)
	x.is(Promoted, 5)
}

func TestAFailingVerdictSendsTheTrafficBackWheneverItComes(t *testing.T) {
	for stage := range 4 {
		x := begin(t, twoSteps(&plan.Analysis{}))
		for x.r.Stage < stage {
			x.r.Promote(x.now, "ada", false)
		}
		x.tick(0, judge.Fail)
		x.is(Aborted, stage)
		if place, ok := x.r.Place(x.stages); ok || !strings.Contains(x.r.Why, "the judge says fail") || x.r.By != "" {
			t.Errorf("%+v, %s", place, x.r.Why)
		}
		x.tick(time.Hour, judge.Pass)
		x.is(Aborted, stage)
	}
}

func TestABlueGreenReleaseIsPreviewedFirst(t *testing.T) {
	s := plan.Strategy{BlueGreen: &plan.BlueGreen{PrePromotion: &plan.Analysis{}, PostPromotion: &plan.Analysis{},
		ScaleDownDelay: "10m"}}
	x := begin(t, s)
	x.tick(time.Hour, judge.Inconclusive)
	x.is(Waiting, 0)
	if p, _ := x.r.Place(x.stages); !p.Preview || p.Weight != 0 {
		t.Errorf("%+v", p)
	}
	x.tick(time.Second, judge.Pass)
	x.is(Waiting, 0) // for a person
	x.r.Promote(x.now, "ada", false)
	if p, _ := x.r.Place(x.stages); p.Preview || p.Weight != 100 {
		t.Errorf("%+v", p)
	}
	x.tick(time.Second, judge.Pass)
	x.is(Progressing, 2)
	x.tick(9*time.Minute, judge.Fail) // nobody judges any more
	x.is(Progressing, 2)
	x.tick(time.Minute, judge.Pass)
	x.is(Promoted, 3)

	x = begin(t, s)
	x.r.Promote(x.now, "ada", false)
	x.tick(time.Second, judge.Fail)
	x.is(Aborted, 1)
}

func TestTheVerdictBeforeSaysNothingOfTheNextPlace(t *testing.T) {
	x := begin(t, plan.Strategy{BlueGreen: &plan.BlueGreen{AutoPromotionEnabled: true,
		PrePromotion: &plan.Analysis{}, PostPromotion: &plan.Analysis{}}})
	x.tick(time.Second, judge.Pass)
	x.is(Progressing, 1) // and not 2: what passed was the preview
}

func TestAShadowIsPromotedByItsAnalysisOrByAPerson(t *testing.T) {
	x := begin(t, plan.Strategy{Shadow: &plan.Shadow{Analysis: &plan.Analysis{}}})
	x.tick(time.Hour, judge.Inconclusive)
	x.is(Waiting, 0)
	x.tick(time.Second, judge.Pass)
	x.is(Promoted, 1)
	x = begin(t, plan.Strategy{Shadow: &plan.Shadow{}})
	x.tick(time.Hour, judge.Pass)
	x.is(Waiting, 0)
	x.r.Promote(x.now, "ada", true)
	x.is(Promoted, 0)
}

func TestAReleaseThatIsOverIsNotDecidedAgain(t *testing.T) {
	x := begin(t, twoSteps(nil))
	if err := x.r.Abort(x.now, "ada", "a doubt"); err != nil {
		t.Fatal(err)
	}
	if x.r.Abort(x.now, "bob", "") == nil || x.r.Promote(x.now, "bob", true) == nil || x.r.Supersede(x.now, "") == nil {
		t.Error("decided again")
	}
	if x.r.By != "ada" || x.r.Why != "a doubt" {
		t.Errorf("%+v", x.r)
	}
}

// wants tells the state what is to be released, and whether that is to begin.
func wants(t *testing.T, s *State, strategy plan.Strategy, v Version, begins bool) {
	t.Helper()
	if began, err := s.Wants(strategy, v, noon); err != nil || began != begins {
		t.Fatalf("version %d begins: %t, want %t; %v", v.Version, began, begins, err)
	}
}

func TestAnAbortedVersionIsNotTriedAgainUnlessAPersonSaysSo(t *testing.T) {
	s := &State{Stable: stable}
	wants(t, s, twoSteps(nil), next, true)
	s.Current.Abort(noon, "", "worse")
	if r := s.Settle(); r == nil || r.Phase != Aborted || s.Current != nil || s.Stable != stable {
		t.Fatalf("%+v", s)
	}
	if why := s.Refuses(next); !strings.Contains(why, "worse") {
		t.Error(why)
	}
	newer := Version{"m", 3, "sha256:3"}
	if s.Refuses(newer) != "" || s.Retry(7) == nil {
		t.Error("another version is refused, or was aborted")
	}
	if err := s.Retry(0); err != nil || s.Refuses(next) != "" {
		t.Error(err)
	}
	wants(t, s, twoSteps(nil), next, true)
	s.Current.Promote(noon, "ada", true)
	if s.Settle(); s.Stable != next || len(s.Past) != 2 {
		t.Errorf("%+v", s)
	}
}

func TestTheNewestVersionSupersedesAReleaseUnderWay(t *testing.T) {
	s := &State{Stable: stable}
	wants(t, s, twoSteps(nil), next, true)
	wants(t, s, twoSteps(nil), next, false)
	newer := Version{"m", 3, "sha256:3"}
	wants(t, s, twoSteps(nil), newer, true)
	if s.Current.To != newer || s.Current.From != stable || len(s.Past) != 1 || s.Past[0].Phase != Superseded {
		t.Errorf("%+v", s)
	}
	if s.Refuses(next) != "" {
		t.Error("a version that was superseded is refused")
	}
	wants(t, s, twoSteps(&plan.Analysis{}), newer, true) // another strategy
	if s.Past[0].Why != "the strategy is another one now" {
		t.Error(s.Past[0].Why)
	}
}

func TestAReleaseGoesOnWhereItStoodWhateverKillsTheProcess(t *testing.T) {
	s := &State{Endpoint: "scoring", Stable: stable}
	wants(t, s, twoSteps(&plan.Analysis{}), next, true)
	stages, err := Stages(twoSteps(&plan.Analysis{}))
	if err != nil {
		t.Fatal(err)
	}
	now := noon
	for range 400 {
		now = now.Add(time.Second)
		s.Current.Tick(stages, now, time.Second, says(judge.Pass))
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var again State
		if err := plan.Unmarshal(b, &again); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(*s, again); d != "" {
			t.Fatal(d)
		}
		s = &again
		now = now.Add(time.Hour) // nothing serves meanwhile, so no step gets on
	}
	if s.Current.Stage != 3 || s.Current.Phase != Waiting {
		t.Errorf("%+v", s.Current)
	}
	if waited := s.Current.Steps[1].Ended.Sub(s.Current.Steps[1].Began); waited < 300*time.Hour {
		t.Errorf("five minutes of service took %s, and an hour of each second nothing served", waited)
	}
}

func TestThePastIsBounded(t *testing.T) {
	s := &State{Stable: stable}
	for i := range 300 {
		wants(t, s, twoSteps(nil), Version{"m", i + 2, "sha256:x"}, true)
		s.Current.Abort(noon, "", "worse")
		s.Settle()
	}
	if len(s.Past) != keptReleases || len(s.Refused) != keptAborted {
		t.Errorf("%d releases and %d versions are kept", len(s.Past), len(s.Refused))
	}
}
