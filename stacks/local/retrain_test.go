package local

import (
	"fmt"
	"slices"
	"testing"
)

func TestEachModelWaitsForOneRetrainAndNoneIsLost(t *testing.T) {
	r := newRetrains()
	var want []string
	for i := range 40 {
		name := fmt.Sprintf("m%d", i)
		want = append(want, name)
		for range 3 {
			r.ask(name)
		}
	}
	if got := r.take(); !slices.Equal(got, want) {
		t.Errorf("%v wait", got)
	}
	if got := r.take(); len(got) != 0 {
		t.Errorf("%v wait still", got)
	}
	<-r.wake
	r.ask("m1")
	if <-r.wake; !slices.Equal(r.take(), []string{"m1"}) {
		t.Error("one that was asked for again is not trained again")
	}
}
