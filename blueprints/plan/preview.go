package plan

import (
	"strconv"
	"strings"
)

// PreviewOverlay is the overlay of a blueprint that all previews share. It is not an
// environment itself: nothing runs in it.
const PreviewOverlay = "preview"

// PreviewPrefix is what the names of previews begin with; the number of the pull
// request follows.
const PreviewPrefix = "pr-"

// PreviewEnvironment is the name of a pull request's environment, such as pr-12.
func PreviewEnvironment(number int) string { return PreviewPrefix + strconv.Itoa(number) }

// PreviewNumber returns the number of the pull request whose environment has that
// name; ok is false of any other environment. A number has one spelling: pr-012 is
// none, or two names would mean one pull request.
func PreviewNumber(environment string) (number int, ok bool) {
	digits, ok := strings.CutPrefix(environment, PreviewPrefix)
	if !ok {
		return 0, false
	}
	number, err := strconv.Atoi(digits)
	if err != nil || number < 1 || PreviewEnvironment(number) != environment {
		return 0, false
	}
	return number, true
}
