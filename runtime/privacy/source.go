package privacy

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// The variables that hold the keys, or name the file that does. The first that
// is set counts.
const (
	KeysVariable = "ASHLAR_PSEUDONYM_KEYS"
	FileVariable = "ASHLAR_PSEUDONYM_KEYS_FILE"
)

// Source is where the keys are. It is asked each time that they are needed, so
// that a key which is added is found without a restart.
type Source struct {
	Getenv func(string) string // nil: no environment
	// File is where a laptop keeps them, made with one key of 256
	// random bits at the first use and readable by its owner alone; empty: none.
	File string
	// Random is where a new key comes from; nil: the system.
	Random io.Reader
}

// Keyring reads the keys.
//
// A variable that is set but empty counts as not set. The permissions are
// checked for File alone: a file that the variable names is often mounted by an
// orchestrator, whose modes are its own business.
func (s Source) Keyring() (*Keyring, error) {
	getenv := s.Getenv
	if getenv == nil {
		getenv = func(string) string { return "" }
	}
	if text := getenv(KeysVariable); text != "" {
		ring, err := ParseKeyring(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", KeysVariable, err)
		}
		return ring, nil
	}
	if file := getenv(FileVariable); file != "" {
		return readKeys(file)
	}
	if s.File == "" {
		return nil, fmt.Errorf("columns are hashed, but no key is configured: set %s to v1: and 32 random bytes in base64, or %s to a file that contains it", KeysVariable, FileVariable)
	}
	if err := s.make(); err != nil {
		return nil, fmt.Errorf("make the pseudonym key %s: %w", s.File, err)
	}
	info, err := os.Stat(s.File)
	if err != nil {
		return nil, err
	}
	// The mode is looked at after make, so a file that somebody else placed
	// there is checked as well.
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("pseudonym keys %s may be read by others: chmod 600 %s", s.File, s.File)
	}
	return readKeys(s.File)
}

// Have is an error where the key of that ID is not available; "" needs none.
func (s Source) Have(id string) error {
	if id == "" {
		return nil
	}
	ring, err := s.Keyring()
	if err == nil {
		_, err = ring.Key(id)
	}
	return err
}

// readKeys reads one byte more than is allowed, so that ParseKeyring can tell a
// file that is too long from one that just fits.
func readKeys(file string) (_ *Keyring, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("pseudonym keys: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	text, err := io.ReadAll(io.LimitReader(f, MaxKeyring+1))
	if err != nil {
		return nil, fmt.Errorf("pseudonym keys: %w", err)
	}
	ring, err := ParseKeyring(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return ring, nil
}

// make writes the file where it is not there yet: whole or not at all, and once,
// however many processes come to it at the same time.
//
// The file is written under another name and linked to its own: a link fails
// where the name exists, where a rename would replace the key that another
// process has just begun to use. All processes then read the one that is there.
func (s Source) make() (err error) {
	if _, err := os.Lstat(s.File); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	random := s.Random
	if random == nil {
		random = rand.Reader
	}
	secret := make([]byte, 32)
	if _, err := io.ReadFull(random, secret); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.File), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(s.File), ".pseudonym-*") // 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // it has a second name by then
	_, err = fmt.Fprintf(tmp, "# Pseudonyms are made under these keys: keep them, and keep them secret.\n"+
		"# To go on under a new key, add a line v2: and so on; keep the older ones for\n# the models that were trained under them.\nv1:%s\n",
		base64.StdEncoding.EncodeToString(secret))
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), s.File); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
