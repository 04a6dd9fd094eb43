package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob/memblob"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// both runs the test on a store in a folder and on one in a bucket.
func both(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Helper()
	t.Run("folder", func(t *testing.T) {
		s, err := Open(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		test(t, s)
	})
	t.Run("bucket", func(t *testing.T) {
		s, err := New(memblob.OpenBucket(nil), Options{})
		if err != nil {
			t.Fatal(err)
		}
		test(t, s)
	})
}

func TestWhatIsRestoredKeepsItsAge(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		ctx, day := t.Context(), 24*time.Hour
		long := time.Now().Add(-10 * day)
		digest := plan.DigestBytes([]byte("rows"))
		if err := s.PutAged(ctx, digest, strings.NewReader("rows"), long); err != nil {
			t.Fatal(err)
		}
		if err := s.PutRefAged(ctx, "drift/scoring/1", []byte("window"), long); err != nil {
			t.Fatal(err)
		}
		if err := s.PutRef(ctx, "drift/scoring/2", []byte("window")); err != nil {
			t.Fatal(err)
		}
		if old, err := s.OldRefs(ctx, "drift/", 5*day, time.Now); err != nil ||
			!slices.Equal(old, []string{"drift/scoring/1"}) {
			t.Errorf("references of 5 days are %v (%v)", old, err)
		}
		if b, err := s.PeekRef(ctx, "drift/scoring/1"); err != nil || string(b) != "window" {
			t.Errorf("the reference is %q (%v)", b, err)
		}
		if gone, _, err := s.Expire(ctx, digest, 11*day, time.Now, false); gone || err != nil {
			t.Errorf("an object of 10 days, kept for 11, is gone (%v)", err)
		}
		if gone, size, err := s.Expire(ctx, digest, 5*day, time.Now, false); !gone || size != 4 || err != nil {
			t.Errorf("an object of 10 days and %d bytes, kept for 5, is still there (%v)", size, err)
		}
		// Put makes an object young, wherever it is from.
		if err := s.PutAged(ctx, digest, strings.NewReader("rows"), long); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Put(ctx, strings.NewReader("rows")); err != nil {
			t.Fatal(err)
		}
		if gone, _, err := s.Expire(ctx, digest, 5*day, time.Now, false); gone || err != nil {
			t.Errorf("an object that was put again is gone (%v)", err)
		}
	})
}

func TestOtherBytesAreNotRestored(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		digest := plan.DigestBytes([]byte("rows"))
		if err := s.PutAged(t.Context(), digest, strings.NewReader("other"), time.Now()); err == nil {
			t.Error("other bytes are kept under the digest")
		}
		n := 0
		if err := s.WalkObjects(t.Context(), func(Info) { n++ }); err != nil || n != 0 {
			t.Errorf("%d objects are there (%v)", n, err)
		}
	})
}

func TestAWalkTellsOfEverything(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		digest, size, err := s.Put(t.Context(), strings.NewReader("one"))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.PutRef(t.Context(), "a/b", []byte("x")); err != nil {
			t.Fatal(err)
		}
		var objects, refs []Info
		err = s.WalkObjects(t.Context(), func(i Info) { objects = append(objects, i) })
		if err != nil || len(objects) != 1 || objects[0].Name != digest || objects[0].Size != size ||
			time.Since(objects[0].Modified) > time.Minute {
			t.Errorf("objects are %v (%v)", objects, err)
		}
		err = s.WalkRefs(t.Context(), func(i Info) { refs = append(refs, i) })
		if err != nil || len(refs) != 1 || refs[0].Name != "a/b" {
			t.Errorf("references are %v (%v)", refs, err)
		}
	})
}
