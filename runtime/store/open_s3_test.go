package store

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/outbound"
)

// rebound resolves the name to one address after the other, and the last from
// then on.
type rebound struct {
	answers []string
	asked   atomic.Int64
	dialled atomic.Int64
	to      string // every connection leads there
}

func (r *rebound) network() outbound.Config {
	return outbound.Config{
		Resolve: func(context.Context, string) ([]netip.Addr, error) {
			at := min(int(r.asked.Add(1))-1, len(r.answers)-1)
			return []netip.Addr{netip.MustParseAddr(r.answers[at])}, nil
		},
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			r.dialled.Add(1)
			if r.to == "" {
				return nil, errors.New("this test reaches nothing")
			}
			var d net.Dialer
			return d.DialContext(ctx, network, r.to)
		},
	}
}

// credentials are such that the SDK asks nobody for any.
func credentials(t *testing.T) {
	t.Helper()
	for key, value := range map[string]string{"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "s3cret",
		"AWS_EC2_METADATA_DISABLED": "true", "HTTP_PROXY": "", "HTTPS_PROXY": ""} {
		t.Setenv(key, value)
	}
}

const options = "?region=eu-west-1&use_path_style=true&endpoint="

func TestAnEndpointThatIsReboundIsNotDialled(t *testing.T) {
	credentials(t)
	for _, second := range []string{"169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254", "fe80::1"} {
		r := &rebound{answers: []string{"192.0.2.1", second}}
		b, err := openBucket(t.Context(), "s3://bucket"+options+url.QueryEscape("http://s3.example.com"), r.network())
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.ReadAll(t.Context(), "key")
		if err == nil || !strings.Contains(err.Error(), "requests to it are refused") || r.dialled.Load() > 0 {
			t.Errorf("%s: %v, %d connections", second, err, r.dialled.Load())
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAnEndpointOfAPrivateNetworkIsRead(t *testing.T) {
	credentials(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path != "/bucket/key" ||
			!strings.HasPrefix(q.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=key/") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = w.Write([]byte("content"))
	}))
	defer s.Close()
	for _, private := range []string{"10.0.0.7", "127.0.0.1", "fd12::1"} {
		r := &rebound{answers: []string{private}, to: strings.TrimPrefix(s.URL, "http://")}
		b, err := openBucket(t.Context(), "s3://bucket"+
			options+url.QueryEscape("http://minio.internal:9000"), r.network())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := b.ReadAll(t.Context(), "key"); err != nil || string(got) != "content" {
			t.Errorf("%s: %q, %v", private, got, err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestARedirectOfAnEndpointIsDialledByTheSameRule(t *testing.T) {
	credentials(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		http.Redirect(w, q, "http://169.254.169.254/latest/meta-data/", http.StatusTemporaryRedirect)
	}))
	defer s.Close()
	r := &rebound{answers: []string{"10.0.0.7"}, to: strings.TrimPrefix(s.URL, "http://")}
	b, err := openBucket(t.Context(), "s3://bucket"+options+url.QueryEscape("http://minio.internal:9000"), r.network())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.ReadAll(t.Context(), "key"); err == nil ||
		!strings.Contains(err.Error(), "requests to it are refused") {
		t.Errorf("got %v", err)
	}
}

func TestOptionsOfABucket(t *testing.T) {
	credentials(t)
	for options, want := range map[string]string{
		"region=eu-west-1&ssetype=AWS:KMS&kmskeyid=k&accelerate=false&disable_https=true&s3ForcePathStyle=true": "",
		"region=eu-west-1&ssetype=rot13":          "ssetype",
		"region=eu-west-1&use_path_style=perhaps": "use_path_style",
		"region=eu-west-1&no_such_option=1":       "no_such_option",
	} {
		b, err := openBucket(t.Context(), "s3://bucket?"+options, outbound.Config{})
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s named", options, err, want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", options, err)
			continue
		}
		_ = b.Close()
	}
	q := url.Values{"ssetype": {"aws:KMS"}, "kmskeyid": {"k"}, "region": {"eu-west-1"}}
	got, _, err := s3Options(q)
	if err != nil || got.EncryptionType != "aws:kms" || got.KMSEncryptionID != "k" || len(q) != 1 {
		t.Errorf("%+v, %v, left %v", got, err, q)
	}
}
