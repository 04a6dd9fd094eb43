package revision

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Head is the commit that is checked out, and whether the work tree is of it.
type Head struct {
	Commit  string
	Time    time.Time // of the commit
	Source  string    // the URL of the remote origin without credentials; "" if unknown
	Changed bool      // the work tree has something that is not in the commit
}

// HeadOf reads the repository around dir. What is below without does not count as a
// change: it is what the caller has generated. "" leaves nothing out.
func HeadOf(ctx context.Context, dir, without string) (Head, error) {
	r, err := Open(ctx, dir, "HEAD")
	if err != nil {
		return Head{}, err
	}
	text, err := r.git(ctx, nil, "log", "-1", "--no-show-signature", "--format=%ct", r.commit)
	if err != nil {
		return Head{}, err
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return Head{}, fmt.Errorf("git: the time of commit %s: %w", r.commit, err)
	}
	status := []string{"status", "--porcelain", "-z", "--", "."}
	if without != "" {
		within, err := r.Within(without)
		if err == nil && within != "." {
			status = append(status, ":(exclude,literal)"+filepath.ToSlash(within))
		}
	}
	changed, err := r.git(ctx, nil, status...)
	if err != nil {
		return Head{}, err
	}
	h := Head{Commit: r.commit, Time: time.Unix(seconds, 0).UTC(), Changed: changed != ""}
	// A repository without the remote has no URL, and git says so by its exit code.
	if remote, err := r.git(ctx, nil, "config", "--get", "remote.origin.url"); err == nil {
		h.Source = sourceURL(strings.TrimSpace(remote))
	}
	return h, nil
}

// sourceURL is a remote as others may read it: without users, passwords and queries, and
// "" for a folder of this machine. git@host:path is written as ssh://host/path.
func sourceURL(remote string) string {
	if host, path, ok := strings.Cut(remote, ":"); ok && !strings.Contains(host, "/") &&
		!strings.HasPrefix(path, "//") && strings.Contains(host, "@") {
		remote = "ssh://" + host + "/" + strings.TrimPrefix(path, "/")
	}
	u, err := url.Parse(remote)
	if err != nil || u.Host == "" {
		return ""
	}
	switch u.Scheme {
	case "https", "http", "ssh", "git":
		return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
	}
	return ""
}
