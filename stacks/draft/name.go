package draft

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	// fallbackName is what a blueprint is called whose folder's name gives none.
	fallbackName = "model"
	// maxName keeps names short of what Kubernetes adds to them.
	maxName = 40
)

// letters are the Latin letters that do not come apart into one of a to z and
// an accent.
var letters = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d",
	"þ", "th", "ı", "i", "ħ", "h")

// Name turns a folder's name into a blueprint's: lower case, without
// accents, what is between words a dash. Where the name is in another script, so
// that most of it would be lost, it is fallbackName, and the note says so.
func Name(dir string) (name, note string) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		abs = dir
	}
	base := filepath.Base(abs)
	var out strings.Builder
	kept, lost := 0, 0
	for _, r := range norm.NFKD.String(letters.Replace(strings.ToLower(base))) {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			out.WriteRune(r)
			kept++
		case unicode.Is(unicode.Mn, r): // an accent
		default:
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				lost++
			}
			if !strings.HasSuffix(out.String(), "-") {
				out.WriteByte('-')
			}
		}
	}
	name = strings.Trim(out.String(), "-")
	if name == "" || lost > kept {
		return fallbackName, fmt.Sprintf("the blueprint is called %q, for a name is made of the letters a to z, digits and dashes, and %q has too few of them; say another one as its name", fallbackName, base)
	}
	if name[0] < 'a' {
		name = fallbackName + "-" + name
	}
	if len(name) > maxName {
		name = strings.Trim(name[:maxName], "-")
		lost++
	}
	if lost > 0 {
		note = fmt.Sprintf("the blueprint is called %q, the part of %q that is valid in a name; edit it if you like",
			name, base)
	}
	return name, note
}
