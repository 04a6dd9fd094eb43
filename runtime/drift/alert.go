package drift

// alert raises when at least k of the last n windows drifted. It is raised on
// the window with which that begins to hold and not again until it has ceased
// to hold, so a lasting drift asks once and not every window. With fewer than n
// windows seen, k of those are enough.
type alert struct {
	k, n     int
	verdicts []bool // of the last n windows, oldest first
	holding  bool
}

// judged takes a window's verdict into account and notes it in the report.
func (a *alert) judged(r *Report) {
	a.verdicts = append(a.verdicts, r.Detected)
	if extra := len(a.verdicts) - a.n; extra > 0 {
		// Moved to the front in place: a slice of the end would make append
		// allocate again every few windows.
		a.verdicts = append(a.verdicts[:0], a.verdicts[extra:]...)
	}
	for _, drifted := range a.verdicts {
		if drifted {
			r.DriftedWindows++
		}
	}
	r.OfWindows = len(a.verdicts)
	r.Alert = r.DriftedWindows >= a.k
	r.Raised = r.Alert && !a.holding
	a.holding = r.Alert
}
