package store

import (
	"encoding/xml"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// shared is a bucket of which a caller may list and use one prefix only. As S3 does, it
// answers 403 for an object that is missing, since a request for one names no prefix.
type shared struct {
	prefix string

	mu      sync.Mutex
	objects map[string]string
	secret  string // a key below the prefix that may not be read
	listed  []string
}

func (s *shared) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := strings.TrimPrefix(strings.TrimPrefix(q.URL.Path, "/bucket"), "/")
	prefix, listing := q.URL.Query().Get("prefix"), q.URL.Query().Has("list-type")
	body, there := s.objects[key]
	switch {
	case listing && strings.HasPrefix(prefix, s.prefix):
		s.listed = append(s.listed, prefix)
		type object struct{ Key, LastModified string }
		out := struct {
			XMLName  xml.Name `xml:"ListBucketResult"`
			Contents []object
		}{}
		for _, name := range slices.Sorted(maps.Keys(s.objects)) { // S3 lists in order
			if strings.HasPrefix(name, prefix) {
				out.Contents = append(out.Contents, object{name, "2026-11-30T00:00:00.000Z"})
			}
		}
		_ = xml.NewEncoder(w).Encode(out)
	case listing || !strings.HasPrefix(key, s.prefix) || key == s.secret:
		w.WriteHeader(http.StatusForbidden)
	case !there:
		w.WriteHeader(http.StatusForbidden)
	default:
		_, _ = w.Write([]byte(body))
	}
}

// sharing opens a place in the bucket: a path, and the bucket's state.
func sharing(t *testing.T, s *shared) string {
	t.Helper()
	credentials(t)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return options + url.QueryEscape(server.URL)
}

func TestAMissingObjectOfASharedBucketIsMissing(t *testing.T) {
	s := &shared{prefix: "acme/prod/shop/", objects: map[string]string{}}
	at := sharing(t, s)
	own := open(t, "s3://bucket/acme/prod/shop/credit/store"+at)
	absent := "sha256:" + strings.Repeat("0", 64)
	if there, err := own.Has(t.Context(), absent); there || err != nil {
		t.Errorf("has: %t, %v", there, err)
	}
	if _, err := own.Get(t.Context(), absent); !errors.Is(err, ErrNotFound) {
		t.Errorf("get: %v", err)
	}
	if _, err := own.GetRef(t.Context(), "runs/none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("reference: %v", err)
	}
	for _, prefix := range s.listed {
		if !strings.HasPrefix(prefix, "acme/prod/shop/credit/store/") {
			t.Errorf("listed %q", prefix)
		}
	}
	if len(s.listed) == 0 {
		t.Error("nothing was listed: the bucket is not as S3 is")
	}
}

func TestWhatMayNotBeReadStaysForbidden(t *testing.T) {
	s := &shared{prefix: "acme/", objects: map[string]string{"acme/secret": "x", "acme/secret2": "x", "other/x": "x"},
		secret: "acme/secret"}
	at := sharing(t, s)
	b, err := OpenBucket(t.Context(), "s3://bucket"+at)
	if err != nil {
		t.Fatal(err)
	}
	defer func(b *blob.Bucket) { _ = b.Close() }(b)
	for key, want := range map[string]gcerrors.ErrorCode{"acme/secret": gcerrors.PermissionDenied,
		"other/x": gcerrors.PermissionDenied, "other/none": gcerrors.PermissionDenied, "acme/none": gcerrors.NotFound,
		"acme/secre": gcerrors.NotFound} {
		if _, err := b.Attributes(t.Context(), key); (gcerrors.Code(err) == gcerrors.NotFound) !=
			(want == gcerrors.NotFound) || err == nil {
			t.Errorf("attributes of %s: %v", key, err)
		}
		if _, err := b.ReadAll(t.Context(), key); (gcerrors.Code(err) == gcerrors.NotFound) !=
			(want == gcerrors.NotFound) || err == nil {
			t.Errorf("reading %s: %v", key, err)
		}
	}
}
