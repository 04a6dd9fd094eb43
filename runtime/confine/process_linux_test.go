package confine

import (
	"os"
	"testing"
)

func TestTasksOfAUserAreCounted(t *testing.T) {
	user, threads := parseStatus("Name:\tsh: Uid:\t7\nUid:\t1000\t1001\t0\t0\nGid:\t5\nThreads:\t12\nEmpty:\n")
	if user != "1000" || threads != 12 {
		t.Errorf("user %s with %d threads", user, threads)
	}
	if own, all := tasksOf(os.Getuid()), crowd(); own < 2 || own > all+1000 {
		t.Errorf("this user has %d tasks of %d", own, all)
	}
	if n := tasksOf(1 << 30); n != 0 {
		t.Errorf("nobody has %d tasks", n)
	}
}
