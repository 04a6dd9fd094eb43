package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/store"
)

// lookEvery is how often a run looks whether it is to end.
const lookEvery = 2 * time.Second

// CancelledError says that somebody ended the run.
type CancelledError struct{ By string }

// Error names who did.
func (e *CancelledError) Error() string { return "cancelled by " + e.By }

// Is makes it a kind of context.Canceled.
func (e *CancelledError) Is(target error) bool { return target == context.Canceled }

func cancelRef(unit, id string) string { return "cancel/" + unit + "/" + id }

// Cancel asks the run to end. Whichever process runs it does so within a few
// seconds; what was made until then stays.
func Cancel(ctx context.Context, s *store.Store, unit, id, by string) error {
	if err := s.PutRef(ctx, cancelRef(unit, id), []byte(by)); err != nil {
		return fmt.Errorf("cancel run %s: %w", id, err)
	}
	return nil
}

// watchCancel returns a context that ends when the run is to. stop ends the
// watch and takes the request away.
func (x *execution) watchCancel(ctx context.Context) (_ context.Context, stop func()) {
	out, cancel := context.WithCancelCause(ctx)
	ref, done := cancelRef(x.Name(), x.record.run.ID), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		defer crash.Guard()
		for {
			select {
			case <-out.Done():
				return
			case <-tick.C:
				by, err := x.Store.GetRef(out, ref)
				if err == nil {
					cancel(&CancelledError{string(by)})
					_ = x.Store.DeleteRef(ctx, ref) // an old request ends no other run
					return
				}
				if !errors.Is(err, store.ErrNotFound) {
					x.Log.Debug("look for a request to cancel", "error", err)
				}
			}
		}
	}()
	return out, func() {
		cancel(nil)
		<-done
	}
}
