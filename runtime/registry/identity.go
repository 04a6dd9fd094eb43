package registry

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxActor bounds a person's name, in code points.
const maxActor = 200

// reserved begin the names of actors that are no people.
var reserved = []string{"policy:", "endpoint:"}

// Identity is the form in which two spellings of somebody's name are the same:
// lower case, single spaces, and of "Ada <ada@example.com>" the address.
// Approvals are counted by it, so that nobody counts twice by writing their name
// in another way. Two addresses of one person remain two identities: who owns an
// address is not known here.
func Identity(name string) string {
	name = strings.ToLower(strings.Join(strings.Fields(name), " "))
	if at := strings.LastIndexByte(name, '<'); at >= 0 && strings.HasSuffix(name, ">") {
		if address := strings.TrimSpace(name[at+1 : len(name)-1]); address != "" {
			return address
		}
	}
	return name
}

// Person returns the name trimmed, or why it can stand for nobody. Invisible
// characters are refused: they would make two people of one.
// Reserved names are compared in Identity's form, so that neither case nor spaces
// get around them.
func Person(name string) (string, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return "", errors.New("no name is given")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsGraphic(c) }):
		return "", fmt.Errorf("the name %q has characters that cannot be seen", name)
	case utf8.RuneCountInString(name) > maxActor:
		return "", fmt.Errorf("the name has more than %d characters", maxActor)
	}
	for _, r := range reserved {
		if strings.HasPrefix(Identity(name), r) {
			return "", fmt.Errorf("the name %q is kept for Ashlar itself", name)
		}
	}
	return name, nil
}
