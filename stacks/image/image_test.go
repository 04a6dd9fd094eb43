package image

import (
	"bytes"
	"crypto/x509"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTheSameBinaryGivesTheSameBytes(t *testing.T) {
	binary := hello(t, amd64)
	a, b := saved(t, build(t, binary)), saved(t, build(t, binary))
	if !bytes.Equal(a, b) {
		t.Error("two builds of one binary differ")
	}
	if !bytes.Equal(binary, hello(t, amd64)) {
		t.Error("two compilations of one source differ")
	}
	other, err := Build(Config{Binary: binary, Platform: amd64, Created: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	mine, err1 := build(t, binary).Layers()
	theirs, err2 := other.Image.Layers()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if x, _ := mine[0].Digest(); len(mine) != 2 || x.Hex == "" {
		t.Fatalf("%d layers", len(mine))
	} else if y, _ := theirs[0].Digest(); x != y {
		t.Error("the layer of authorities depends on when the image was made")
	}
}

func TestTheImageHoldsWhatARuntimeNeedsAndNothingElse(t *testing.T) {
	binary := hello(t, amd64)
	img := build(t, binary)
	all := files(t, img)
	for path, mode := range map[string]int64{
		"/bin": 0o755, Entrypoint: 0o755, SBOMPath: 0o644, "/tmp": 0o1777, "/etc/passwd": 0o644, "/etc/group": 0o644,
		"/etc/ssl/certs/ca-certificates.crt": 0o644,
	} {
		f, ok := all[path]
		if !ok {
			t.Errorf("%s is missing", path)
		} else if f.header.Mode != mode {
			t.Errorf("%s has mode %o", path, f.header.Mode)
		}
	}
	for path, f := range all {
		if f.header.Uid != 0 || f.header.Gid != 0 || f.header.Uname != "" || f.header.ModTime.Unix() != 0 {
			t.Errorf("%s belongs to %d:%d %q, of %s", path, f.header.Uid, f.header.Gid,
				f.header.Uname, f.header.ModTime)
		}
	}
	if len(all) > 14 {
		t.Errorf("%d files and folders: something came along", len(all))
	}
	if !bytes.Equal(all[Entrypoint].content, binary) {
		t.Error("the binary was changed")
	}
	if !strings.Contains(string(all["/etc/passwd"].content), "nonroot:x:65532:65532:") {
		t.Errorf("%s", all["/etc/passwd"].content)
	}
}

func TestTheConfigurationIsWhatManifestsRelyOn(t *testing.T) {
	img := build(t, hello(t, amd64, "-buildvcs=false"))
	c, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if c.OS != "linux" || c.Architecture != "amd64" || c.Config.User != "65532:65532" ||
		!slices.Equal(c.Config.Entrypoint, []string{"/bin/ashlar-runtime"}) {
		t.Errorf("%+v", c.Config)
	}
	if _, ok := c.Config.ExposedPorts["8080/tcp"]; !ok || len(c.Config.Cmd) > 0 {
		t.Errorf("%+v", c.Config)
	}
	for label, want := range map[string]string{
		"title": "ashlar-runtime", "source": source, "version": "devel",
		"created": "1970-01-01T00:00:00Z", "revision": "",
	} {
		if got := c.Config.Labels["org.opencontainers.image."+label]; got != want {
			t.Errorf("label %s is %q, want %q", label, got, want)
		}
	}
	m, err := img.Manifest()
	if err != nil || m.MediaType != "application/vnd.oci.image.manifest.v1+json" ||
		m.Config.MediaType != "application/vnd.oci.image.config.v1+json" {
		t.Errorf("%+v, %v", m, err)
	}
	if len(c.History) != len(m.Layers) {
		t.Errorf("%d histories of %d layers", len(c.History), len(m.Layers))
	}
}

func TestTheAuthoritiesAreThoseOfThePublicWeb(t *testing.T) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authorities()) {
		t.Fatal("no certificate could be read")
	}
	if n := bytes.Count(authorities(), []byte("BEGIN CERTIFICATE")); n < 80 {
		t.Errorf("%d authorities", n)
	}
	if !bytes.Contains(authorities(), []byte("rqXRfboQnoZsG4q5WTP468SQvvG5")) { // of Amazon Root CA 1
		t.Error("Amazon Root CA 1 is not among them, so S3 could not be reached")
	}
}

func TestABinaryThatCouldNotRunIsRefused(t *testing.T) {
	binary := hello(t, amd64)
	cases := map[string]struct {
		binary   []byte
		platform Platform
		want     string
	}{
		"nothing":              {nil, amd64, "not a Linux program"},
		"a script":             {[]byte("#!/bin/sh\n"), amd64, "not a Linux program"},
		"a program of Windows": {[]byte("MZ\x90\x00"), amd64, "not a Linux program"},
		"another architecture": {binary, Platform{"linux", "arm64"},
			"it is for linux/amd64, the image for linux/arm64"},
		"half a program": {binary[:len(binary)/200], amd64, "runtime binary"},
	}
	for name, c := range cases {
		if _, err := Build(Config{Binary: c.binary, Platform: c.platform}); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	p, err := inspect(binary)
	if err != nil {
		t.Fatal(err)
	}
	p.interpreter = true
	if err := p.fits(amd64); err == nil || !strings.Contains(err.Error(), "CGO_ENABLED=0") {
		t.Errorf("a dynamic program: %v", err)
	}
}

func TestPlatformsAreThoseThatNodesHave(t *testing.T) {
	if p, err := ParsePlatform("linux/arm64"); err != nil || p.String() != "linux/arm64" {
		t.Errorf("%v, %v", p, err)
	}
	for _, bad := range []string{"", "linux", "windows/amd64", "linux/amd64/v2", "LINUX/amd64"} {
		if _, err := ParsePlatform(bad); err == nil || !strings.Contains(err.Error(), "linux/amd64 or linux/arm64") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzInspect(f *testing.F) {
	f.Add([]byte("\x7fELF"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, binary []byte) {
		p, err := inspect(binary)
		if err == nil && p.info == nil {
			t.Fatal("no error and nothing found")
		}
	})
}
