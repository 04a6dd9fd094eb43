package access

import (
	"crypto/tls"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

// fileStamp tells two states of a file apart.
type fileStamp struct {
	at   time.Time
	size int64
}

func stampOf(info fs.FileInfo) fileStamp { return fileStamp{info.ModTime(), info.Size()} }

// readStamped reads a file of so many bytes at most.
func readStamped(file string, most int64) (fileStamp, []byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return fileStamp{}, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fileStamp{}, nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("%s has more than %d bytes", file, most)
	}
	return stampOf(info), text, err
}

// certificate is the certificate of a server, read again when its files change.
type certificate struct {
	cert, key string // files
	log       *slog.Logger
	now       func() time.Time

	mu     sync.Mutex
	pair   *tls.Certificate
	stamps [2]fileStamp
	looked time.Time
}

// ServerTLS returns the configuration of a server whose certificate and key are in two
// files of PEM. They are looked at once a second, on a handshake, so that a renewed
// certificate is shown to the next connection and none is closed for it; what does not
// read leaves the one before. Clients are asked for a certificate and need none: a Door
// verifies it.
func ServerTLS(certFile, keyFile string, now func() time.Time, log *slog.Logger) (*tls.Config, error) {
	c := &certificate{cert: certFile, key: keyFile, log: log, now: now}
	if err := c.read(); err != nil {
		return nil, fmt.Errorf("certificate of the server: %w", err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		ClientAuth: tls.RequestClientCert, GetCertificate: c.get}, nil
}

// get returns the certificate, as tls.Config.GetCertificate has it.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= caEvery {
		c.looked = now
		if stamps, err := c.stat(); err == nil && stamps != c.stamps {
			if err := c.read(); err != nil {
				c.log.Warn("the renewed certificate cannot be read; the one before goes on", "file", c.cert)
			}
		}
	}
	return c.pair, nil
}

func (c *certificate) stat() (out [2]fileStamp, err error) {
	for i, file := range []string{c.cert, c.key} {
		info, err := os.Stat(file)
		if err != nil {
			return out, err
		}
		out[i] = stampOf(info)
	}
	return out, nil
}

// read reads both files. They may be replaced between the two reads; then they do not
// belong together, which is an error, and the next handshake reads them again.
func (c *certificate) read() error {
	stamps, err := c.stat()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("%s and %s: %w", c.cert, c.key, err)
	}
	c.pair, c.stamps = &pair, stamps
	return nil
}
