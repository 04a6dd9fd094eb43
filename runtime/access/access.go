// Package access decides who may ask an endpoint for predictions, and how often: by
// API keys that the registry knows the digests of, by signed tokens of an OpenID
// Connect issuer, or by client certificates.
//
// It stands between the network and a model, so everything that comes in is taken for
// an attack: it is bounded in size before it is looked at, a wrong credential costs
// less than a prediction or waits for nothing, and neither an answer, a log nor an
// error repeats it. What a decision needs is in memory. A registry or an issuer that
// cannot be reached changes nothing about what is known already, and what was never
// known is answered 503 and not as a wrong credential.
package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/outbound"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// Keys is where the keys of callers are; a *registry.Registry is one.
type Keys interface {
	// Head changes with each change of the keys, and is cheap.
	Head(ctx context.Context) (int64, error)
	AccessKeys(ctx context.Context) ([]registry.AccessKey, error)
}

// Config is what a Door is made of. Endpoint, Access and Now are required, and Keys
// where Access has keys.
type Config struct {
	Endpoint string // its name in the blueprint
	Access   plan.Access
	Keys     Keys
	Now      func() time.Time
	Log      *slog.Logger // nil: silent
	Metrics  *Metrics     // nil: nothing is counted
	ClientCA string       // a file of certificates in PEM, read again when it changes; for mtls without a CA
	Client   *http.Client // asks the issuer; nil: one of package outbound
}

// Door admits callers to one endpoint. It is safe for concurrent use. Nobody is
// admitted before Look or Keep has read what there is to know.
type Door struct {
	cfg    Config
	keys   *keyring      // nil: keys are not taken
	tokens *tokens       // nil: tokens are not taken
	certs  *certificates // nil: certificates are not taken
	meter  *meter
	own    atomicDigest // of this process's own credential
}

// New returns a door that is closed. It reads ClientCA, and connects to nothing.
func New(cfg Config) (*Door, error) {
	d := &Door{cfg: cfg}
	if d.cfg.Log == nil {
		d.cfg.Log = slog.New(slog.DiscardHandler)
	}
	if d.cfg.Client == nil {
		d.cfg.Client = outbound.Client(outbound.Config{Timeout: fetchTimeout})
	}
	var problems []error
	a := cfg.Access
	if len(a.Methods()) == 0 {
		problems = append(problems, errors.New("it says nothing about who may ask: keys, jwt, mtls or public: true"))
	}
	if a.Keys != nil {
		var err error
		d.keys, err = newKeyring(cfg.Endpoint, *a.Keys)
		problems = append(problems, err)
	}
	if a.JWT != nil {
		d.tokens = newTokens(*a.JWT, d.cfg)
	}
	if a.MTLS != nil {
		var err error
		d.certs, err = newCertificates(*a.MTLS, cfg.ClientCA, d.cfg.Log)
		problems = append(problems, err)
	}
	d.meter = newMeter(a, cfg.Endpoint, cfg.Metrics)
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("access of endpoint %s: %w", cfg.Endpoint, err)
	}
	return d, nil
}

// Own returns a credential that this door admits, for this process to ask its own
// endpoint with. It is kept nowhere and ends with the process.
func (d *Door) Own() string {
	secret := ownPrefix + rand.Text() + rand.Text()
	d.own.set(digestOf(secret))
	return "Bearer " + secret
}

const (
	ownPrefix = "ashlar-own-"
	ownName   = "ashlar"
)

// Admit returns the name of who asks, or why they are not admitted. A public endpoint
// looks at no credential, and its callers are their addresses for the meter, with the
// name "". It reads no body.
func (d *Door) Admit(r *http.Request) (caller string, refused *Refusal) {
	now := d.cfg.Now()
	if d.cfg.Access.Public {
		return "", d.meter.take(remote(r), "", now)
	}
	caller, refused = d.identify(r, now)
	if refused != nil {
		d.meter.refused(refused)
		return caller, refused
	}
	if caller == ownName {
		return caller, nil
	}
	return caller, d.meter.take(caller, caller, now)
}

// identify finds out who asks. A credential in the header decides where there is one:
// a wrong one is not made good by a certificate.
func (d *Door) identify(r *http.Request, now time.Time) (string, *Refusal) {
	secret, refused := credential(r.Header)
	switch {
	case refused != nil:
		return "", refused
	case secret == "" && d.certs != nil && r.TLS != nil && len(r.TLS.PeerCertificates) > 0:
		return d.certs.admit(r.TLS.PeerCertificates, now)
	case secret == "":
		return "", refuse(http.StatusUnauthorized, "no_credentials", d.wants())
	case d.keys != nil && strings.HasPrefix(secret, keyPrefix):
		return d.keys.admit(secret, now)
	case strings.HasPrefix(secret, ownPrefix) && d.own.is(digestOf(secret)):
		return ownName, nil
	case d.tokens != nil:
		return d.tokens.admit(r.Context(), secret, now)
	}
	return "", refuse(http.StatusUnauthorized, "invalid_credentials", "the credential is of no kind that this endpoint takes: it takes "+strings.Join(d.cfg.Access.Methods(), ", "))
}

// wants says what a caller has to bring.
func (d *Door) wants() string {
	how := map[string]string{"keys": "an API key", "jwt": "a token of the issuer", "mtls": "a client certificate"}
	var out []string
	for _, m := range d.cfg.Access.Methods() {
		out = append(out, how[m])
	}
	return "this endpoint wants to know who asks: bring " + strings.Join(out, " or ") +
		"; keys and tokens in the header Authorization: Bearer ..."
}

// maxCredential bounds what is looked at, in bytes.
const maxCredential = 8 << 10

// credential returns what the header says, "" where it says nothing. One that is said
// twice, or in two ways, is refused, since others might take the other one.
func credential(h http.Header) (string, *Refusal) {
	auth, key := h["Authorization"], h["X-Api-Key"]
	switch {
	case len(auth)+len(key) == 0:
		return "", nil
	case len(auth)+len(key) > 1:
		return "", refuse(http.StatusUnauthorized, "ambiguous_credentials",
			"credentials are given more than once: send one header Authorization or X-API-Key")
	}
	secret := ""
	if len(key) == 1 {
		secret = key[0]
	} else {
		scheme, rest, _ := strings.Cut(auth[0], " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return "", refuse(http.StatusUnauthorized, "invalid_credentials",
				"the header Authorization is of another scheme: write Bearer and the key or token")
		}
		secret = strings.TrimSpace(rest)
	}
	if secret == "" || len(secret) > maxCredential {
		return "", refuse(http.StatusUnauthorized, "invalid_credentials",
			fmt.Sprintf("the credential is empty, or longer than %d bytes", maxCredential))
	}
	return secret, nil
}

// Look reads the keys once, so that an endpoint which has just started knows them.
func (d *Door) Look(ctx context.Context) error {
	if d.keys == nil {
		return nil
	}
	return d.keys.look(ctx, d.cfg.Keys)
}

// Keep keeps what is known up to date until ctx is done: keys each poll, and the
// issuer's from time to time. What cannot be reached is logged once and tried again.
func (d *Door) Keep(ctx context.Context, poll time.Duration) {
	var both sync.WaitGroup
	defer both.Wait()
	if d.tokens != nil {
		both.Add(1)
		go func() {
			defer both.Done()
			defer crash.Guard()
			d.tokens.keep(ctx)
		}()
	}
	if d.keys == nil {
		return
	}
	tick := time.NewTicker(poll)
	defer tick.Stop()
	told := false
	for {
		err := d.Look(ctx)
		if err != nil && !told && ctx.Err() == nil {
			d.cfg.Log.Warn("access keys cannot be read; those that are known go on", "endpoint", d.cfg.Endpoint,
				"error", err.Error())
		}
		told = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// digestOf is the SHA-256 of a credential. Those of usual lengths are copied to the stack.
func digestOf(secret string) [sha256.Size]byte {
	var b [1 << 10]byte
	if len(secret) > len(b) {
		return sha256.Sum256([]byte(secret))
	}
	return sha256.Sum256(b[:copy(b[:], secret)])
}

// same reports whether two digests are equal, in a time that says nothing.
func same(a, b [sha256.Size]byte) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }
