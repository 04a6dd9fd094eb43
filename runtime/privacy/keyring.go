package privacy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a keyring's text.
const (
	// MaxKeyring bounds the text of all keys, in bytes.
	MaxKeyring = 64 << 10
	minSecret  = 16
	maxKeys    = 1000
)

// Keyring is the keys that pseudonyms are made under, the newest first. The
// newest makes those of new data; older ones are there for models that were
// trained under them, and to verify pseudonyms. It is immutable.
type Keyring struct{ keys []*Key }

// Key is one key.
type Key struct {
	version int
	secret  []byte
	id      string
}

// ParseKeyring reads keys as "v1:BASE64", apart by white space or commas, in any
// order; each holds 16 bytes or more. A line that begins with # is a comment.
// Errors show no part of a key.
//
// All problems are reported at once, by the position of the key and not by its
// text. Two keys of one version are refused, since a pseudonym names only the
// version.
func ParseKeyring(text string) (*Keyring, error) {
	if len(text) > MaxKeyring {
		return nil, fmt.Errorf("pseudonym keys: %d bytes, at most %d", len(text), MaxKeyring)
	}
	var words []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			words = append(words, strings.FieldsFunc(line, func(c rune) bool { return c == ',' || c <= ' ' })...)
		}
	}
	if len(words) == 0 {
		return nil, errors.New("pseudonym keys: none found; write one as v1: and 32 random bytes in base64, which `openssl rand -base64 32` makes")
	}
	if len(words) > maxKeys {
		return nil, fmt.Errorf("pseudonym keys: %d keys, at most %d", len(words), maxKeys)
	}
	ring := &Keyring{}
	var problems []error
	for i, word := range words {
		k, err := parseKey(word)
		switch {
		case err != nil:
			problems = append(problems, fmt.Errorf("pseudonym key %d: %w", i+1, err))
		case ring.version(k.version) != nil:
			problems = append(problems, fmt.Errorf("pseudonym key %d: there are two of version v%d", i+1, k.version))
		default:
			ring.keys = append(ring.keys, k)
		}
	}
	slices.SortFunc(ring.keys, func(a, b *Key) int { return b.version - a.version })
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return ring, nil
}

// A version has one way to be written ("v01" is refused), because pseudonyms
// are compared as texts. Base64 may lack its padding, as some tools leave it
// out. The decoder's error is left out, as it says no more than a place within
// the key.
func parseKey(word string) (*Key, error) {
	const want = "want v1: and at least 16 random bytes in base64, such as `openssl rand -base64 32` makes"
	prefix, encoded, ok := strings.Cut(word, ":")
	digits, isVersion := strings.CutPrefix(prefix, "v")
	version, err := strconv.Atoi(digits)
	if !ok || !isVersion || err != nil || version < 1 || version > 1_000_000 || strconv.Itoa(version) != digits {
		return nil, errors.New("it has no version: " + want)
	}
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		secret, err = base64.RawStdEncoding.DecodeString(encoded)
	}
	if err != nil {
		return nil, fmt.Errorf("v%d is not base64: %s", version, want)
	}
	if len(secret) < minSecret {
		return nil, fmt.Errorf("v%d has %d bytes: %s", version, len(secret), want)
	}
	return newKey(version, secret), nil
}

// newKey computes the fingerprint once. It is 64 bits of a MAC under the secret
// itself: enough to tell keys apart, and no help in finding one.
func newKey(version int, secret []byte) *Key {
	k := &Key{version: version, secret: secret}
	// Which key it is can be told by anybody, and the key by nobody.
	k.id = fmt.Sprintf("v%d-%s", version, hex.EncodeToString(k.mac("ashlar key id", "")[:8]))
	return k
}

// Newest is the key that new data are hashed under.
func (r *Keyring) Newest() *Key { return r.keys[0] }

// Key returns the key of that ID.
//
// The search is linear: there are few keys, and it runs once for each model
// that is loaded.
func (r *Keyring) Key(id string) (*Key, error) {
	for _, k := range r.keys {
		if k.id == id {
			return k, nil
		}
	}
	var have []string
	for _, k := range r.keys {
		have = append(have, k.id)
	}
	return nil, fmt.Errorf("pseudonym key %s is missing, there are %s: add it beside them, or train again under the newest", id, strings.Join(have, ", "))
}

// Verify reports whether the pseudonym stands for the value under a key of the
// ring.
//
// The comparison takes the same time wherever the texts differ. A pseudonym
// that is not one, or is of a version that the ring lacks, is false and no
// error.
func (r *Keyring) Verify(pseudonym, value string) bool {
	prefix, _, _ := strings.Cut(pseudonym, ":")
	version, err := strconv.Atoi(strings.TrimPrefix(prefix, "v"))
	if err != nil {
		return false
	}
	k := r.version(version)
	return k != nil && hmac.Equal([]byte(pseudonym), []byte(k.Pseudonym(value)))
}

func (r *Keyring) version(version int) *Key {
	for _, k := range r.keys {
		if k.version == version {
			return k
		}
	}
	return nil
}

// ID names the key by its version and a fingerprint: another key of the same
// version has another ID. It tells nothing of the secret.
func (k *Key) ID() string { return k.id }

// pseudonymBytes is how much of the HMAC a pseudonym shows: 128 bits, so that no
// two values of any dataset share one.
const pseudonymBytes = 16

// Pseudonym returns what takes the value's place: the key's version, a colon and
// the first 128 bits of HMAC-SHA-256 over "ashlar value", a zero byte and the
// value in UTF-8, in base32 of lower-case letters without padding:
// "v1:mzxw6ytboi2dcmrrgi3tqobzga".
func (k *Key) Pseudonym(value string) string {
	return fmt.Sprintf("v%d:%s", k.version, lower.EncodeToString(k.mac("ashlar value", value)[:pseudonymBytes]))
}

// Lower-case base32 survives what data go through: it needs no quoting in CSV,
// SQL or file names, and tools that change the case of texts do not make two of
// one.
var lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// mac is of a use and a value, so that a fingerprint is no pseudonym of anything.
func (k *Key) mac(use, value string) []byte {
	h := hmac.New(sha256.New, k.secret)
	h.Write([]byte(use))
	h.Write([]byte{0})
	h.Write([]byte(value))
	return h.Sum(nil)
}

// String hides the secret from whoever prints a key.
func (k *Key) String() string { return k.id }

// GoString hides it from %#v.
func (k *Key) GoString() string { return k.id }
