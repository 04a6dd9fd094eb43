package object

import "strings"

// maxPrefix is the most characters in front of the slash in a label's key.
const maxPrefix = 253

// isKey reports whether the text can be a label's key: a name, with a DNS name and a
// slash in front of it or without. It is no regular expression, because a stack checks
// the labels of thousands of objects, which took a thirtieth of the time of a preview.
func isKey(key string) bool {
	prefix, name, slashed := strings.Cut(key, "/")
	if !slashed {
		prefix, name = "a", key
	}
	return bounded(prefix, maxPrefix, lowerOrDigit, ".-") && bounded(name, MaxLabel, letterOrDigit, "._-")
}

// isValue reports whether the text can be a label's value: a name, or nothing.
func isValue(value string) bool { return value == "" || bounded(value, MaxLabel, letterOrDigit, "._-") }

// bounded reports whether the text has one to most characters, of those that end says or
// of the others, and neither begins nor ends with one of the others.
func bounded(text string, most int, end func(byte) bool, others string) bool {
	if len(text) == 0 || len(text) > most || !end(text[0]) || !end(text[len(text)-1]) {
		return false
	}
	for i := range len(text) {
		if !end(text[i]) && strings.IndexByte(others, text[i]) < 0 {
			return false
		}
	}
	return true
}

func lowerOrDigit(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

func letterOrDigit(c byte) bool { return lowerOrDigit(c) || c >= 'A' && c <= 'Z' }
