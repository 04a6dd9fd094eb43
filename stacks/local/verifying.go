package local

import (
	"context"
	"fmt"
	"time"
)

// verifyEvery is how often it is looked whether the audit log wants verifying.
const verifyEvery = 10 * time.Second

// keepVerifying verifies the whole audit log now, and again whenever that is due
// (see registry.Watch), so that the page shows what was found without waiting
// for it. It says so once when the log no longer verifies.
// A log that verifies again, restored from a backup for instance, is reported again if
// it breaks once more.
func (h *server) keepVerifying(ctx context.Context) {
	tick := time.NewTicker(verifyEvery)
	defer tick.Stop()
	told := false
	for {
		// The first Check verifies everything and so takes as long as Full.
		known, err := h.audit.Check(ctx)
		if err == nil && h.audit.Due() {
			known, err = h.audit.Full(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			h.stack.cfg.Log.Warn("audit log cannot be verified", "error", err)
		case known.Tampering == nil:
			told = false
		case !told:
			told = true
			h.stack.cfg.Notice(fmt.Sprintf("the audit log does not verify: %v", known.Tampering))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
