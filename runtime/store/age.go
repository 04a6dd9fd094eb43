package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"gocloud.dev/gcerrors"
)

// renewAfter is how old something in a bucket may become before its use writes
// it again, which is the one way to make it young there. It is well below
// DefaultGrace and below any age at which references are forgotten.
const renewAfter = 8 * time.Hour

// renewObject makes an object that is there young again, before anybody relies
// on it.
//
// Collections go by age, so something that is put again has to count as new. A
// folder's file gets a new time at hardly any cost; a bucket has no call for that,
// hence the whole object is written again, but only after renewAfter.
func (s *Store) renewObject(ctx context.Context, key string, modified time.Time, sp *spool) error {
	if s.folder != "" {
		return touch(s.file(key))
	}
	if time.Since(modified) < renewAfter {
		return nil
	}
	return s.write(ctx, key, sp.reader())
}

// renewRef makes a reference young again where it is old. That it could not be
// is no error of whoever only reads it.
func (s *Store) renewRef(ctx context.Context, name string, modified time.Time, value []byte) {
	if modified.IsZero() || time.Since(modified) < renewAfter {
		return // a bucket that does not say is not asked again
	}
	if s.folder != "" {
		_ = touch(s.file(refKey(name)))
		return
	}
	_ = s.PutRef(ctx, name, value)
}

// touch sets the file's times to now. fileblob reports them as ModTime.
func touch(file string) error {
	now := time.Now()
	err := os.Chtimes(file, now, now)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // whoever looks next will see that
	}
	return err
}

// removeFile takes the file out of its place and looks at its age again before
// it goes: one that was made young in between is put back.
//
// Between a look at the age and a plain removal, a Put could touch the file, find
// it whole and rely on it. After the rename that Put finds no file, and writes
// the object again. The name is one that sweep removes if the process is killed
// between the two steps.
func (s *Store) removeFile(key string, c Collection) (bool, error) {
	file := s.file(key)
	aside := filepath.Join(s.folder, "ashlar-spool-"+filepath.Base(filepath.Dir(file))+filepath.Base(file))
	if err := os.Rename(file, aside); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return true, nil
		}
		return false, err
	}
	info, err := os.Stat(aside)
	if err != nil {
		return false, err
	}
	if c.Now().Sub(info.ModTime()) < c.Grace {
		return false, os.Rename(aside, file)
	}
	return true, os.Remove(aside)
}

// modified is when the object was last made young; zero where it is not there.
// It also returns the size in bytes. Absence is not an error here.
func (s *Store) modified(ctx context.Context, key string) (time.Time, int64, error) {
	attrs, err := s.bucket.Attributes(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return time.Time{}, 0, nil
	}
	if err != nil {
		return time.Time{}, 0, err
	}
	return putAt(attrs), attrs.Size, nil
}
