package serve

import (
	"crypto/rand"
	"encoding/binary"
	"strconv"
	"sync/atomic"
)

// maxRequestID is the length, in bytes, of the longest id that is taken over.
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
		// Built on the stack: 40 bytes hold the prefix (at most 14) and the
		// counter (at most 13), so that the string is the only allocation.
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

// saneID reports whether an id is safe in headers, log lines and URLs: ASCII
// letters, digits and a few separators. UUIDs, trace ids and ULIDs all pass.
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
