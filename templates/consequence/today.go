package consequence

import "fmt"

// Holds is the effect of data that passes what is expected of it now.
const Holds Effect = "holds"

// Today says whether the data as it is would pass what the dataset expects now. rows
// counts them for people.
func Today(dataset, rows string, failures []string) Change {
	c := Change{Section: Data, Subject: printable("dataset "+dataset, maxSubject), Effect: Holds,
		Path: []string{"datasets", dataset}}
	c.Message = "today's data passes what is expected of it now (" + rows + ")"
	if len(failures) > 0 {
		c.Effect, c.Message = Refused, "today's data would not pass: "+failures[0]
		if more := len(failures) - 1; more > 0 {
			c.Message += fmt.Sprintf(" (and %d more)", more)
		}
	}
	c.Message = printable(c.Message, maxMessage)
	return c
}
