package login

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"strings"

	"github.com/ashlar-dev/ashlar/runtime/registry"
)

// maxURL bounds what is read of the file, in bytes.
const maxURL = 16 << 10

// reread takes the user and the password from the file's URL, or from the one that the
// process started with where the file is not there (yet). A mounted Secret changes while
// a pod runs; who serves for months would else lose its registry with the next rotation.
// A URL of another database is an error: what is open here is of the old one.
func (c Config) reread(context.Context, registry.Target) (user, password string, err error) {
	text, err := c.current()
	if err != nil {
		return "", "", err
	}
	then, err1 := url.Parse(c.Database)
	now, err2 := url.Parse(text)
	if err1 != nil || err2 != nil {
		return "", "", fmt.Errorf("%s has no URL such as postgres://user@host:5432/name", c.File)
	}
	if then.Host != now.Host || then.Path != now.Path ||
		then.Query().Get("search_path") != now.Query().Get("search_path") {
		return "", "", fmt.Errorf("%s names another database than this process started with: restart it", c.File)
	}
	password, _ = now.User.Password()
	q := now.Query()
	return cmp.Or(now.User.Username(), q.Get("user")), cmp.Or(password, q.Get("password")), nil
}

// current is the URL as it is now.
func (c Config) current() (_ string, err error) {
	f, err := os.Open(c.File)
	if errors.Is(err, fs.ErrNotExist) {
		return c.Database, nil
	}
	if err != nil {
		return "", fmt.Errorf("URL of the database: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	text, err := io.ReadAll(io.LimitReader(f, maxURL+1))
	if err == nil && len(text) > maxURL {
		err = fmt.Errorf("larger than %d bytes", maxURL)
	}
	if err != nil {
		return "", fmt.Errorf("URL of the database: %s: %w", c.File, err)
	}
	return strings.TrimSpace(string(text)), nil
}
