//go:build integration

package account

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/stacks/account/accounttest"
)

// gateway runs a real S3 server, and points the SDK's S3 client to it.
func gateway(t *testing.T) {
	t.Helper()
	program := os.Getenv("ASHLAR_TEST_S3GW")
	if program == "" {
		t.Skip("skipped: ASHLAR_TEST_S3GW is not set; it names the binary of versitygw")
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"data", "sidecar", "versions"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, "--port", address, "--region", "eu-central-1", "--quiet", "posix",
		"--sidecar", filepath.Join(dir, "sidecar"), "--versioning-dir", filepath.Join(dir, "versions"), filepath.Join(dir, "data"))
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+accounttest.ID, "ROOT_SECRET_KEY=test")
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
		if t.Failed() {
			t.Logf("the S3 server:\n%s", said.String())
		}
	})
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = c.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the S3 server does not answer: %v", err)
		}
	}
	// To this server the owner of a bucket is the key that made it; it compares the
	// owner that requests expect.
	t.Setenv("AWS_ACCESS_KEY_ID", accounttest.ID)
	t.Setenv("AWS_ENDPOINT_URL_S3", "http://"+address)
}

// TestARealServerTakesTheBucket makes the bucket with each setting that the server
// knows, and looks again.
func TestARealServerTakesTheBucket(t *testing.T) {
	accounttest.New(t)
	gateway(t)
	a := open(t)
	if there, err := a.hasBucket(t.Context()); there || err != nil {
		t.Fatalf("there before it was made: %v, %v", there, err)
	}
	for range 2 { // the second finds that it is ours
		if err := a.createBucket(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if there, err := a.hasBucket(t.Context()); !there || err != nil {
		t.Fatalf("made: %v, %v", there, err)
	}
	if err := a.notForeign(t.Context()); err != nil {
		t.Errorf("an empty bucket without tags: %v", err)
	}
	known := map[string]bool{}
	for _, s := range a.settings() {
		_, right, err := s.look(t.Context())
		if absent(err, "NotImplemented") {
			t.Logf("the server knows no %s", s.what)
			continue
		}
		if right || err != nil {
			t.Errorf("%s before it is set: %v, %v", s.what, right, err)
			continue
		}
		if err := s.set(t.Context()); absent(err, "NotImplemented", "MalformedPolicy") { // it knows no condition on TLS
			t.Logf("the server knows no %s", s.what)
			continue
		} else if err != nil {
			t.Errorf("%s: %v", s.what, err)
			continue
		}
		now, right, err := s.look(t.Context())
		if !right || err != nil {
			t.Errorf("%s after it was set: %s, %v, %v", s.what, now, right, err)
		}
		known[s.what] = true
	}
	if !known["tags"] || !known["versions"] {
		t.Errorf("the server took only %v", known)
	}
}
