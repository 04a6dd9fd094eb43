package command

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
)

// Log keeps what a command prints: the beginning and the end of it where it is
// more than the limit. It is safe for concurrent use.
type Log struct {
	mu    sync.Mutex
	limit int
	// The first half of the limit; the other half is the ring.
	head  []byte
	ring  []byte // the end, once head is full
	at    int    // next byte of a full ring
	total int64
	watch func(line string)
	// What of the current line was printed so far, for watch.
	line []byte
}

// maxLine bounds a line that is shown while the command runs.
const maxLine = 500

// NewLog keeps at most limit bytes. watch, where it is not nil, is given each
// line as it is printed; it must not call back.
func NewLog(limit int, watch func(line string)) *Log { return &Log{limit: limit, watch: watch} }

// Write never fails.
// A failing writer would end the command with SIGPIPE. Memory stays within the
// limit however much is printed.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total += int64(len(p))
	l.show(p)
	rest := p
	if room := l.limit/2 - len(l.head); room > 0 {
		n := min(room, len(rest))
		l.head = append(l.head, rest[:n]...)
		rest = rest[n:]
	}
	size := l.limit - l.limit/2
	if len(rest) > size {
		rest = rest[len(rest)-size:]
	}
	if room := size - len(l.ring); room > 0 {
		n := min(room, len(rest))
		l.ring = append(l.ring, rest[:n]...)
		rest = rest[n:]
	}
	for len(rest) > 0 {
		n := copy(l.ring[l.at:], rest)
		l.at = (l.at + n) % len(l.ring)
		rest = rest[n:]
	}
	return len(p), nil
}

// show gives whole lines to who watches.
// A carriage return ends a line too, so that progress bars are shown as they move.
// It runs under the lock, hence watch must not call back.
func (l *Log) show(p []byte) {
	if l.watch == nil {
		return
	}
	for _, b := range p {
		switch {
		case b == '\n' || b == '\r':
			if len(l.line) > 0 {
				l.watch(clean(l.line))
			}
			l.line = l.line[:0]
		case len(l.line) < maxLine:
			l.line = append(l.line, b)
		}
	}
}

// Bytes is all that was kept, with a line that says what was left out.
// The result is a copy.
func (l *Log) Bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out bytes.Buffer
	out.Write(l.head)
	if left := l.total - int64(len(l.head)+len(l.ring)); left > 0 {
		fmt.Fprintf(&out, "\n... %d bytes are left out here ...\n", left)
	}
	out.Write(l.ring[l.at:])
	out.Write(l.ring[:l.at])
	return out.Bytes()
}

// Tail is the last n lines, fit for showing.
func (l *Log) Tail(n int) []string {
	all := strings.Split(strings.TrimRight(string(l.Bytes()), "\r\n \t"), "\n")
	if len(all) == 1 && all[0] == "" {
		return nil
	}
	var out []string
	for _, line := range all[max(0, len(all)-n):] {
		if at := strings.LastIndexByte(strings.TrimRight(line, "\r"), '\r'); at >= 0 {
			line = line[at+1:] // of a progress bar, its last state
		}
		out = append(out, clean([]byte(line)))
	}
	return out
}

// clean takes out what would steer a terminal, and bounds the line.
// C0, DEL and C1 characters go, ESC among them: output of a command must not move
// the cursor or rename the window of who reads the log.
func clean(line []byte) string {
	text := strings.Map(func(c rune) rune {
		if c == '\t' {
			return ' '
		}
		if c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0 {
			return -1
		}
		return c
	}, strings.ToValidUTF8(string(line), "?"))
	if runes := []rune(text); len(runes) > maxLine {
		text = string(runes[:maxLine-3]) + "..."
	}
	return text
}
