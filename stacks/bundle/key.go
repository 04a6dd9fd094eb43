package bundle

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

// maxKey is how long a file with one key may be.
const maxKey = 64 << 10

// PrivateKey signs bundles. It does not print: its fields are not exported, and its
// String is the kind of the key.
type PrivateKey struct{ signer crypto.Signer }

// String is what may be said of the key.
func (k PrivateKey) String() string { return fmt.Sprintf("private key (%T)", k.signer.Public()) }

// GoString is String, so that %#v shows no more.
func (k PrivateKey) GoString() string { return k.String() }

// ReadPrivateKey reads a PEM file with one key in PKCS#8, ECDSA on P-256 or Ed25519,
// without a password.
func ReadPrivateKey(file string) (PrivateKey, error) {
	block, err := readPEM(file)
	if err != nil {
		return PrivateKey{}, err
	}
	const convert = "make a key with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out FILE`"
	if block.Type != "PRIVATE KEY" {
		return PrivateKey{}, fmt.Errorf("signing key %s: a PEM block %q; it takes an unencrypted key in PKCS#8, PRIVATE KEY: %s", file, block.Type, convert)
	}
	// The parser's own error is left out: it may say what it read.
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok || accepted(signer.Public()) != nil {
		return PrivateKey{}, fmt.Errorf("signing key %s: is not ECDSA on P-256 or Ed25519 in PKCS#8; %s", file, convert)
	}
	return PrivateKey{signer}, nil
}

// Public is the key that verifies what this one signs.
func (k PrivateKey) Public() PublicKey { return PublicKey{k.signer.Public()} }

// sign signs the message as cosign does: ECDSA over its SHA-256, Ed25519 over itself.
// Without randomness ECDSA is deterministic (RFC 6979): signing again changes nothing.
func (k PrivateKey) sign(message []byte) ([]byte, error) {
	if _, ok := k.signer.(ed25519.PrivateKey); ok {
		return k.signer.Sign(nil, message, crypto.Hash(0))
	}
	sum := sha256.Sum256(message)
	return k.signer.Sign(nil, sum[:], crypto.SHA256)
}

// PublicKey verifies bundles.
type PublicKey struct{ key crypto.PublicKey }

// ReadPublicKey reads a PEM file with one public key, ECDSA on P-256 or Ed25519.
func ReadPublicKey(file string) (PublicKey, error) {
	block, err := readPEM(file)
	if err != nil {
		return PublicKey{}, err
	}
	const convert = "write it with `openssl pkey -in PRIVATE -pubout -out FILE`"
	if block.Type != "PUBLIC KEY" {
		return PublicKey{}, fmt.Errorf("public key %s: a PEM block %q; it takes PUBLIC KEY: %s",
			file, block.Type, convert)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err == nil {
		err = accepted(key)
	}
	if err != nil {
		return PublicKey{}, fmt.Errorf("public key %s: %w; %s", file, err, convert)
	}
	return PublicKey{key}, nil
}

// PEM is the key as cosign and Flux read it.
func (k PublicKey) PEM() ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(k.key)
	if err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// verifies reports whether the signature is the key's over the message.
func (k PublicKey) verifies(message, signature []byte) bool {
	switch key := k.key.(type) {
	case *ecdsa.PublicKey:
		sum := sha256.Sum256(message)
		return ecdsa.VerifyASN1(key, sum[:], signature)
	case ed25519.PublicKey:
		return ed25519.Verify(key, message, signature)
	}
	return false
}

// accepted returns what is wrong with the kind of a key.
func accepted(key crypto.PublicKey) error {
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() {
			return nil
		}
	case ed25519.PublicKey:
		return nil
	}
	return errors.New("is not ECDSA on P-256 or Ed25519")
}

// readPEM reads a file with exactly one PEM block.
func readPEM(file string) (*pem.Block, error) {
	text, err := plan.ReadFile(file, maxKey)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("key %s: there is no such file", file)
	}
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	block, rest := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("key %s: is not a PEM file", file)
	}
	if next, _ := pem.Decode(rest); next != nil {
		return nil, fmt.Errorf("key %s: has several PEM blocks; it takes one key alone", file)
	}
	return block, nil
}
