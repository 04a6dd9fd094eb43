package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// A key is ashlar_ID_SECRET: sixteen letters and digits by which it is found, and 256
// random bits. The prefix is for those who look for secrets that leaked.
const (
	keyPrefix  = "ashlar_"
	idLength   = 16
	keyLength  = len(keyPrefix) + idLength + 1 + 52
	secretSize = 32 // bytes
)

// letters are those of RFC 4648 in lower case.
var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewKey makes a key. It is returned once, and its id and digest are what is kept.
func NewKey() (key string, kept registry.AccessKey) {
	var b [10 + secretSize]byte
	rand.Read(b[:]) //nolint:errcheck // never errs, by its contract
	id := letters.EncodeToString(b[:10])
	key = keyPrefix + id + "_" + letters.EncodeToString(b[10:])
	digest := sha256.Sum256([]byte(key))
	return key, registry.AccessKey{ID: id, Digest: hex.EncodeToString(digest[:])}
}

// keyID returns the id of a key, if it has the form of one.
func keyID(key string) (string, bool) {
	if len(key) != keyLength || key[:len(keyPrefix)] != keyPrefix || key[len(keyPrefix)+idLength] != '_' {
		return "", false
	}
	for i := len(keyPrefix); i < len(key); i++ {
		c := key[i]
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') && i != len(keyPrefix)+idLength {
			return "", false
		}
	}
	return key[len(keyPrefix) : len(keyPrefix)+idLength], true
}

// heldKey is what is known of a key.
type heldKey struct {
	digest  [sha256.Size]byte
	caller  string
	opens   bool // this endpoint
	ends    time.Time
	revoked bool
}

// keyring is the keys of the registry as they were last read.
type keyring struct {
	endpoint string
	maxAge   time.Duration // 0: none
	head     atomic.Int64  // of the registry when they were read
	keys     atomic.Pointer[map[string]heldKey]
}

func newKeyring(endpoint string, spec plan.AccessKeys) (*keyring, error) {
	k := &keyring{endpoint: endpoint}
	k.head.Store(-1) // no log has that head
	if spec.MaxAge != "" {
		var err error
		if k.maxAge, err = plan.ParseDuration(spec.MaxAge); err != nil {
			return nil, fmt.Errorf("keys.max_age: %w", err)
		}
	}
	return k, nil
}

// look reads the keys if the registry has changed.
func (k *keyring) look(ctx context.Context, from Keys) error {
	head, err := from.Head(ctx)
	if err != nil || head == k.head.Load() {
		return err
	}
	all, err := from.AccessKeys(ctx)
	if err != nil {
		return err
	}
	held := make(map[string]heldKey, len(all))
	for _, a := range all {
		h := heldKey{caller: a.Caller, opens: a.Opens(k.endpoint), ends: a.ExpiresAt, revoked: !a.RevokedAt.IsZero()}
		if k.maxAge > 0 && a.CreatedAt.Add(k.maxAge).Before(h.ends) {
			h.ends = a.CreatedAt.Add(k.maxAge)
		}
		if n, err := hex.Decode(h.digest[:], []byte(a.Digest)); err != nil || n != len(h.digest) {
			continue // no key has this digest
		}
		held[a.ID] = h
	}
	k.keys.Store(&held)
	k.head.Store(head)
	return nil
}

// admit finds the key. Whoever has the whole key is told what is wrong with it; others
// are told nothing, also of what there is.
func (k *keyring) admit(key string, now time.Time) (string, *Refusal) {
	keys := k.keys.Load()
	if keys == nil {
		return "", unavailable("the keys of callers could not be read yet")
	}
	id, formed := keyID(key)
	held, known := (*keys)[id]
	// The digest is compared for a key that is not known too, so that both take as long.
	if right := same(digestOf(key), held.digest); !formed || !known || !right {
		return "", refuse(http.StatusUnauthorized, "invalid_key", "the API key is not one of this endpoint's")
	}
	switch {
	case held.revoked:
		return held.caller, refuse(http.StatusUnauthorized, "revoked_key", "the API key was revoked")
	case !now.Before(held.ends):
		return held.caller, refuse(http.StatusUnauthorized, "expired_key", "the API key has expired: ask for another")
	case !held.opens:
		return held.caller, refuse(http.StatusForbidden, "wrong_endpoint", "the API key is for other endpoints")
	}
	return held.caller, nil
}

// atomicDigest is a digest that may be set while it is read.
type atomicDigest struct {
	at atomic.Pointer[[sha256.Size]byte]
}

func (d *atomicDigest) set(to [sha256.Size]byte) { d.at.Store(&to) }

func (d *atomicDigest) is(other [sha256.Size]byte) bool {
	have := d.at.Load()
	return have != nil && same(*have, other)
}
