package dataset

import (
	"bytes"
	"unicode/utf8"
)

// The most that a dictionary remembers from frame to frame.
const (
	rememberedTexts = 1 << 16
	rememberedBytes = 4 << 20
)

// dictionary codes the texts of one column. Codes count from 0 in every frame:
// declared values first, then texts as they appear, so that they depend on the
// frame's rows alone. Texts are remembered between frames to spare their
// allocation.
type dictionary struct {
	declared []string
	known    map[string]*word
	bytes    int
	frame    int // the current frame's number
	texts    []string
	last     *word
}

// word is a remembered text.
type word struct {
	text  string
	code  int32
	frame int // the last frame that coded it
	bad   Kind
}

func newDictionary(declared []string) *dictionary {
	return &dictionary{declared: declared}
}

// begin starts a frame.
//
// The three-index slice makes the first append copy: the declared values are
// shared by all frames and must not grow in place.
func (d *dictionary) begin() {
	if d.known == nil || len(d.known) > rememberedTexts || d.bytes > rememberedBytes {
		d.known, d.bytes = map[string]*word{}, 0
	}
	d.frame++
	d.last = nil
	d.texts = d.declared[:len(d.declared):len(d.declared)]
	for i, s := range d.declared {
		w := d.known[s]
		if w == nil {
			w = &word{text: s}
			d.known[s] = w
		}
		if w.frame != d.frame { // a value declared twice keeps its first code
			w.code, w.frame = int32(i), d.frame
		}
	}
}

// look returns the word of a text. It has a code unless it is bad.
//
// Neighbouring rows often have the same text, so the last word is tried first.
// Looking a text up by its bytes does not allocate; only a new text is copied.
// Texts in frames stay valid when the dictionary forgets them.
func (d *dictionary) look(b []byte) *word {
	if d.last != nil && d.last.text == string(b) {
		return d.last
	}
	w := d.known[string(b)]
	if w == nil {
		w = &word{text: string(b), bad: badText(b)}
		d.known[w.text] = w
		d.bytes += len(w.text)
	}
	if w.frame != d.frame {
		w.frame = d.frame
		if w.bad == "" {
			w.code = int32(len(d.texts))
			d.texts = append(d.texts, w.text)
		}
	}
	d.last = w
	return w
}

// badText returns why a text cannot be a value, or "".
//
// The order counts: the length is checked before the bytes are looked at.
func badText(b []byte) Kind {
	switch {
	case len(b) > MaxFieldBytes:
		return TooLong
	case bytes.IndexByte(b, 0) >= 0:
		return NULByte
	case !utf8.Valid(b):
		return Encoding
	}
	return ""
}
