package bundle

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
)

// signers are a key of each kind that may sign.
func signers(t *testing.T) map[string]crypto.Signer {
	t.Helper()
	ec, err1 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, ed, err2 := ed25519.GenerateKey(rand.Reader)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return map[string]crypto.Signer{"ECDSA": ec, "Ed25519": ed}
}

// pair writes a key's files as openssl does.
func pair(t *testing.T, key crypto.Signer) (private, public string) {
	t.Helper()
	a, err1 := x509.MarshalPKCS8PrivateKey(key)
	b, err2 := x509.MarshalPKIXPublicKey(key.Public())
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return file(t, "PRIVATE KEY", a), file(t, "PUBLIC KEY", b)
}

func file(t *testing.T, kind string, der []byte) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(out, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}

// keys reads both keys back.
func keys(t *testing.T, key crypto.Signer) (PrivateKey, PublicKey) {
	t.Helper()
	a, b := pair(t, key)
	private, err1 := ReadPrivateKey(a)
	public, err2 := ReadPublicKey(b)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return private, public
}

// byTheFormat verifies a signature by what cosign's SIGNATURE_SPEC says, with the
// standard library and none of the package's own code.
func byTheFormat(t *testing.T, d name.Digest, key crypto.PublicKey) bool {
	t.Helper()
	img, err := remote.Image(d.Context().Tag("sha256-" + strings.TrimPrefix(d.DigestStr(), "sha256:") + ".sig"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range m.Layers {
		signature, err := base64.StdEncoding.DecodeString(l.Annotations["dev.cosignproject.cosign/signature"])
		if err != nil || l.MediaType != "application/vnd.dev.cosign.simplesigning.v1+json" {
			t.Fatalf("%+v, %v", l, err)
		}
		layer, err := img.LayerByDigest(l.Digest)
		if err != nil {
			t.Fatal(err)
		}
		r, err := layer.Compressed()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		var said struct {
			Critical struct {
				Image map[string]string
				Type  string
			}
		}
		if err := json.Unmarshal(text, &said); err != nil || said.Critical.Type != "cosign container image signature" ||
			said.Critical.Image["docker-manifest-digest"] != d.DigestStr() {
			t.Fatalf("%s, %v", text, err)
		}
		sum := sha256.Sum256(text)
		switch key := key.(type) {
		case *ecdsa.PublicKey:
			if ecdsa.VerifyASN1(key, sum[:], signature) {
				return true
			}
		case ed25519.PublicKey:
			if ed25519.Verify(key, text, signature) {
				return true
			}
		}
	}
	return false
}

func TestASignedBundleVerifiesWithItsKeyAlone(t *testing.T) {
	for kind, signer := range signers(t) {
		h := newHub(t)
		private, public := keys(t, signer)
		d := h.push(t, build(t, rendering(), Origin{Revision: kind}))
		if _, err := Verify(t.Context(), d, public); !errors.Is(err, ErrNotSigned) {
			t.Errorf("%s: nobody has signed it: %v", kind, err)
		}
		if already, err := Sign(t.Context(), d, private); already || err != nil {
			t.Fatalf("%s: already %t, %v", kind, already, err)
		}
		tag := d.Context().Tag("1")
		got, err := Verify(t.Context(), tag, public)
		if err != nil || got.Pinned != "oci://"+d.String() ||
			got.Annotations["org.opencontainers.image.revision"] != kind {
			t.Errorf("%s: %+v, %v", kind, got, err)
		}
		if !byTheFormat(t, d, signer.Public()) {
			t.Errorf("%s: another implementation does not verify it", kind)
		}
		for other, stranger := range signers(t) {
			if _, err := Verify(t.Context(), tag, PublicKey{stranger.Public()}); !errors.Is(err, ErrNotSigned) {
				t.Errorf("%s: a stranger's %s key: %v", kind, other, err)
			}
		}
	}
}

func TestSigningTwiceWritesOnceAndAddsToOtherKeys(t *testing.T) {
	h := newHub(t)
	d := h.push(t, build(t, rendering(), Origin{}))
	all := signers(t)
	for _, signer := range all {
		private, _ := keys(t, signer)
		if _, err := Sign(t.Context(), d, private); err != nil {
			t.Fatal(err)
		}
		before := h.writes.Load()
		if already, err := Sign(t.Context(), d, private); !already || err != nil || h.writes.Load() != before {
			t.Errorf("again: already %t, %d writes, %v", already, h.writes.Load()-before, err)
		}
	}
	for kind, signer := range all {
		_, public := keys(t, signer)
		if _, err := Verify(t.Context(), d, public); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// A signature of one bundle is put beside another, and one that is malformed before a
// good one.
func TestASignatureIsOfOneDigest(t *testing.T) {
	h := newHub(t)
	private, public := keys(t, signers(t)["ECDSA"])
	signedOne := h.push(t, build(t, rendering(), Origin{Revision: "a"}))
	if _, err := Sign(t.Context(), signedOne, private); err != nil {
		t.Fatal(err)
	}
	other := h.push(t, build(t, rendering(), Origin{Revision: "b"}))
	img, err := remote.Image(SignatureTag(signedOne))
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(SignatureTag(other), img); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(t.Context(), other, public); !errors.Is(err, ErrNotSigned) {
		t.Errorf("a signature of another digest: %v", err)
	}
	bad, err := mutate.Append(empty.Image, mutate.Addendum{Layer: static.NewLayer([]byte("{"), payloadType),
		MediaType: payloadType, Annotations: map[string]string{signatureAnnotation: "%"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(SignatureTag(other), bad); err != nil {
		t.Fatal(err)
	}
	if _, err := Sign(t.Context(), other, private); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(t.Context(), other, public); err != nil {
		t.Errorf("a malformed signature hides the good one: %v", err)
	}
}

func TestOnlySoundKeysAreRead(t *testing.T) {
	signer := signers(t)["ECDSA"]
	private, public := pair(t, signer)
	wide, err1 := rsa.GenerateKey(rand.Reader, 2048)
	p384, err2 := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	rsaPrivate, rsaPublic := pair(t, wide)
	curve, curvePublic := pair(t, p384)
	encrypted := file(t, "ENCRYPTED PRIVATE KEY", []byte("x"))
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		public: "PUBLIC KEY", rsaPrivate: "is not ECDSA on P-256",
		curve: "is not ECDSA on P-256", encrypted: "unencrypted",
		text: "not a PEM file", "none": "no such file", file(t, "PRIVATE KEY", []byte("hunter2")): "is not ECDSA",
	} {
		if _, err := ReadPrivateKey(path); err == nil || !strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for path, want := range map[string]string{private: "openssl pkey -in PRIVATE -pubout",
		rsaPublic:   "is not ECDSA on P-256",
		curvePublic: "is not ECDSA on P-256", text: "not a PEM file"} {
		if _, err := ReadPublicKey(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestAKeyDoesNotPrint(t *testing.T) {
	signer, ok := signers(t)["Ed25519"].(ed25519.PrivateKey)
	if !ok {
		t.Fatal("no Ed25519 key")
	}
	private, public := keys(t, signer)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		said := fmt.Sprintf(verb, private)
		for _, form := range []string{string(signer.Seed()), fmt.Sprint(signer.Seed()),
			fmt.Sprintf("%x", signer.Seed())} {
			if strings.Contains(said, strings.Trim(form, "[]")) {
				t.Errorf("%s prints the key", verb)
			}
		}
	}
	text, err := public.PEM()
	if block, _ := pem.Decode(text); err != nil || block == nil || block.Type != "PUBLIC KEY" {
		t.Errorf("%s, %v", text, err)
	}
}
