package endpoint

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/access"
)

// TLS is what a server is given to prove who it is, and to know its callers by: files of
// PEM, which are read again when they change. The zero value speaks no TLS.
type TLS struct {
	Cert, Key string // both, or neither
	ClientCA  string // of callers' certificates; see access.Config
}

// Config returns the configuration of the server of the plan's endpoints, or of those
// that are named; nil: it speaks no TLS. It errs where the files do not read, and where an
// endpoint wants certificates of callers and has no connection on which to see one.
func (t TLS) Config(now func() time.Time, log *slog.Logger, p *plan.Plan, named ...string) (*tls.Config, error) {
	var certified, fromFile []string // endpoints that want certificates, and those that read ClientCA
	for name, e := range p.Endpoints {
		if e.Access == nil || e.Access.MTLS == nil || len(named) > 0 && !slices.Contains(named, name) {
			continue
		}
		if certified = append(certified, name); e.Access.MTLS.CA == "" {
			fromFile = append(fromFile, name)
		}
	}
	slices.Sort(certified)
	switch {
	case (t.Cert == "") != (t.Key == ""):
		return nil, errors.New("a server's certificate has a key: give both files, --tls-cert and --tls-key, or neither")
	case t.ClientCA != "" && len(fromFile) == 0:
		return nil, errors.New("no endpoint reads --client-ca: it is for access: mtls without a ca")
	case t.Cert == "" && len(certified) > 0:
		return nil, fmt.Errorf("endpoint %s wants certificates of its callers, so the server needs one too: give it --tls-cert and --tls-key", certified[0])
	case t.Cert == "":
		return nil, nil
	}
	return access.ServerTLS(t.Cert, t.Key, now, log)
}
