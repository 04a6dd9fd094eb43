package local

import (
	"github.com/ashlar-dev/ashlar/runtime/drift"
	"github.com/ashlar-dev/ashlar/runtime/model"
	"github.com/ashlar-dev/ashlar/runtime/serve"
)

// observer is what the server shows every predicted row to: the monitor's own
// view of the model's inputs, or nobody where drift is not watched.
func observer(monitor *drift.Monitor, m *model.Model) serve.Observer {
	if monitor == nil {
		return nil
	}
	return monitor.Observer(m)
}
