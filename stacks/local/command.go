package local

import (
	"al.essio.dev/pkg/shellescape"
)

// Command writes a command line of ashlar about the blueprint in dir, to be pasted
// into a shell: quoted where a folder's name needs it, with --dir and --state where
// they are not the defaults. state is a folder that was named, "" is dir's own.
func Command(dir, state string, words ...string) string {
	all := append([]string{"ashlar"}, words...)
	if dir != "" && dir != "." {
		all = append(all, "--dir", dir)
	}
	if state != "" && state != StateFolder(dir, "") {
		all = append(all, "--state", state)
	}
	return shellescape.QuoteCommand(all)
}

// command is Command about this stack.
func (s *Stack) command(words ...string) string { return Command(s.cfg.Dir, s.cfg.State, words...) }
