package confine

import (
	"regexp"
	"strings"
)

// schemes is how an address may begin, after RFC 3986.
var schemes = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)

// Bare takes user and password out of a value that is an address, as those of
// HTTPS_PROXY and of package indexes are; several may follow each other.
// A value without an address comes back as it is.
func Bare(value string) string {
	var out strings.Builder
	// Lists are separated by spaces, commas or line ends; separators are kept.
	for value != "" {
		end := strings.IndexAny(value, " ,\n\t")
		if end < 0 {
			end = len(value)
		}
		out.WriteString(bare(value[:end]))
		out.WriteString(value[end:min(end+1, len(value))])
		value = value[min(end+1, len(value)):]
	}
	return out.String()
}

// bare takes them out of one address: everything up to the last @, so that no
// part of a password is left over, whatever it is made of.
func bare(word string) string {
	at := strings.LastIndexByte(word, '@')
	if at < 0 {
		return word
	}
	scheme := schemes.FindString(word[:at]) // a proxy may be without one
	return scheme + word[at+1:]
}
