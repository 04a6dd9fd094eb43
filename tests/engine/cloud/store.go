package cloud

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Store is the cloud's state in a folder. Every resource is a file, so that
// two providers and a test can use it at once.
type Store struct{ dir string }

// Open returns the store in dir, which is made with the first resource.
func Open(dir string) *Store { return &Store{dir: dir} }

// Resource is one that exists in the cloud.
type Resource struct {
	Type   string         `json:"type"`
	ID     string         `json:"id"`
	URN    string         `json:"urn"`
	Inputs map[string]any `json:"inputs"`
}

// cluster is the environment whose cluster an object is in: a foundation's
// stack and its workloads' share one.
func (r Resource) cluster() string {
	stack, _, _ := strings.Cut(strings.TrimPrefix(r.URN, "urn:pulumi:"), "::")
	return strings.TrimPrefix(stack, "foundation-")
}

// path is the resource's file. What has one name in an account has one file;
// an environment's cluster has names of its own.
func (s *Store) path(r Resource) string {
	place := r.Type + "|" + r.ID
	if strings.HasPrefix(r.Type, "kubernetes:") {
		place = r.cluster() + "|" + place
	}
	return filepath.Join(s.dir, "resources", url.PathEscape(place)+".json")
}

// puts are what S3 keeps beside a bucket, and what is in it: making it again is as
// good as changing it.
var puts = []string{"BucketPolicy", "BucketVersioningV2", "BucketPublicAccessBlock", "BucketOwnershipControls",
	"BucketServerSideEncryptionConfigurationV2", "BucketLifecycleConfigurationV2", "BucketLoggingV2", "BucketObjectv2"}

// create adds a resource. That it is there already is an error.
func (s *Store) create(r Resource) error {
	kind := r.Type[strings.LastIndex(r.Type, ":")+1:]
	put := strings.HasPrefix(r.Type, "aws:s3/") && slices.Contains(puts, kind) ||
		strings.HasPrefix(r.Type, "kubernetes:") // server-side apply takes over what is there
	if put && s.replace(r) == nil {
		return nil
	}
	whole, err := s.write(r)
	if err != nil {
		return err
	}
	defer os.Remove(whole) //nolint:errcheck // the link stays
	if err := os.Link(whole, s.path(r)); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s %s exists already", r.Type, r.ID)
	} else if err != nil {
		return err
	}
	return nil
}

// write writes the resource whole under a name that nobody reads, since two
// providers and a test look at the folder at once.
func (s *Store) write(r Resource) (string, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	for _, dir := range []string{"resources", "unfinished"} {
		if err := os.MkdirAll(filepath.Join(s.dir, dir), 0o750); err != nil {
			return "", err
		}
	}
	f, err := os.CreateTemp(filepath.Join(s.dir, "unfinished"), "")
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	return f.Name(), errors.Join(err, f.Close())
}

func (s *Store) replace(r Resource) error {
	if _, err := os.Stat(s.path(r)); err != nil {
		return fmt.Errorf("%s %s does not exist", r.Type, r.ID)
	}
	whole, err := s.write(r)
	if err != nil {
		return err
	}
	return os.Rename(whole, s.path(r))
}

func (s *Store) remove(r Resource) error {
	if err := os.Remove(s.path(r)); err != nil {
		return fmt.Errorf("%s %s does not exist", r.Type, r.ID)
	}
	return nil
}

// empty removes what is in a namespace, as a cluster does when it goes.
func (s *Store) empty(namespace Resource) error {
	all, err := s.Resources()
	if err != nil {
		return err
	}
	for _, r := range all {
		if strings.HasPrefix(r.Type, "kubernetes:") && r.cluster() == namespace.cluster() &&
			strings.HasPrefix(r.ID, namespace.ID+"/") {
			if err := os.Remove(s.path(r)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// Resources returns what exists, in order of type and ID.
func (s *Store) Resources() ([]Resource, error) {
	return s.resources(func(string) bool { return true })
}

// resources returns those whose place, as path has it, is wanted. Others are not read.
func (s *Store) resources(wanted func(place string) bool) ([]Resource, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, "resources"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var out []Resource
	for _, e := range entries {
		place, err := url.PathUnescape(strings.TrimSuffix(e.Name(), ".json"))
		if err != nil {
			return nil, err
		}
		if !wanted(place) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(s.dir, "resources", e.Name())) //nolint:gosec // one of the store's own
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted in the meantime
		}
		if err != nil {
			return nil, err
		}
		var r Resource
		if err := json.Unmarshal(text, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		out = append(out, r)
	}
	return out, nil
}

// log appends one operation.
func (s *Store) log(op, urn string) error {
	if err := os.MkdirAll(s.dir, 0o750); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(s.dir, "operations"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, op, urn)
	return errors.Join(err, f.Close())
}

// Operations returns what was done, each as "create URN", "update URN" or
// "delete URN", in order.
func (s *Store) Operations() ([]string, error) { return s.lines("operations") }

// Fail makes every operation fail whose line, "create URN", contains one of
// the texts; none lets all succeed.
func (s *Store) Fail(texts ...string) error {
	if err := os.MkdirAll(s.dir, 0o750); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.dir, "fail"), []byte(strings.Join(texts, "\n")), 0o600)
}

// refused returns an error where an operation was made to fail.
func (s *Store) refused(op, urn string) error {
	texts, err := s.lines("fail")
	if err != nil {
		return err
	}
	line := op + " " + urn
	if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(line, text) }) {
		return fmt.Errorf("InsufficientCapacity: this %s was made to fail", op)
	}
	return nil
}

func (s *Store) lines(name string) ([]string, error) {
	f, err := os.Open(filepath.Join(s.dir, name)) //nolint:gosec // one of the store's own
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	var out []string
	for scan := bufio.NewScanner(f); scan.Scan(); {
		if scan.Text() != "" {
			out = append(out, scan.Text())
		}
	}
	return out, nil
}
