package serve

import (
	"crypto/rand"
	"encoding/binary"
	"strconv"
	"sync/atomic"
)

const maxRequestID = 128

// newIDs returns a source of request ids: random letters of its own, then a
// number that counts up, so that ids differ between processes and sort within
// one.
func newIDs() func() string {
	var seed [8]byte
	rand.Read(seed[:]) //nolint:errcheck // never errs, by its contract
	prefix := strconv.FormatUint(binary.LittleEndian.Uint64(seed[:]), 36) + "-"
	var n atomic.Uint64
	return func() string {
		var b [40]byte
		return string(strconv.AppendUint(append(b[:0], prefix...), n.Add(1), 36))
	}
}

// requestID returns the client's own id where it is sane, else a new one: an id
// goes into headers and logs.
func (s *Server) requestID(given []string) string {
	if len(given) == 1 && saneID(given[0]) {
		return given[0]
	}
	return s.cfg.NewID()
}

func saneID(id string) bool {
	if len(id) == 0 || len(id) > maxRequestID {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == ':':
		default:
			return false
		}
	}
	return true
}
