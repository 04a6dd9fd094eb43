package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/github/githubtest"
)

// newHub is GitHub with two merged pull requests that promote version 2 of m by
// its evidence.
func newHub(t *testing.T, evidence string) *githubtest.Server {
	t.Helper()
	hub := githubtest.New(t)
	hub.Hold("main", map[string]string{"evidence/m-2.json": evidence})
	for _, reviewer := range []string{"linus", "grace"} {
		n, head := hub.Open("somebody", "promote-for-"+reviewer, "Serve version 2")
		hub.Review(n, reviewer, "APPROVED", head)
		hub.Merge(n)
	}
	hub.Changes()
	return hub
}

// hubState is what GitHub was asked to change, and what it has.
func hubState(hub *githubtest.Server) string {
	issues := hub.Issues()
	out := fmt.Sprint("-- github\n", hub.Asked(), " requests\n", strings.Join(hub.Changes(), "\n"), "\n", hub.Comments(1), hub.Comments(2), hub.Dispatched(), hub.Pulls(), "\n")
	for _, title := range slices.Sorted(maps.Keys(issues)) {
		out += title + ": " + issues[title] + "\n"
	}
	for _, one := range hub.Runs() {
		out += fmt.Sprint(one["name"], one["head_sha"], one["output"], "\n")
	}
	return out
}

// postgresDouble takes connections as PostgreSQL does, notes what for, and says
// that there is no such database.
type postgresDouble struct {
	address string

	mu   sync.Mutex
	said []string
}

func newPostgresDouble(t *testing.T) *postgresDouble {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &postgresDouble{address: l.Addr().String()}
	var group sync.WaitGroup
	t.Cleanup(func() { l.Close(); group.Wait() })
	group.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() { d.answer(c) })
		}
	})
	return d
}

func (d *postgresDouble) location(database string) string {
	return "postgres://ada@" + d.address + "/" + database + "?sslmode=disable"
}

// answer speaks the start of PostgreSQL's protocol, version 3.
func (d *postgresDouble) answer(c net.Conn) {
	defer c.Close()
	var size [4]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return
	}
	body := make([]byte, min(binary.BigEndian.Uint32(size[:]), 1<<12)-4)
	if _, err := io.ReadFull(c, body); err != nil {
		return
	}
	d.mu.Lock()
	d.said = strings.Split(string(body[4:]), "\x00") // in no order
	slices.Sort(d.said)
	d.mu.Unlock()
	fields := "SFATAL\x00VFATAL\x00C3D000\x00Mthe database does not exist\x00\x00"
	answer := binary.BigEndian.AppendUint32([]byte{'E'}, uint32(len(fields)+4)) //nolint:gosec // a constant
	_, _ = c.Write(append(answer, fields...))
}

// asked are the users and databases that were asked for.
func (d *postgresDouble) asked() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return "-- postgres\n" + strings.Join(d.said, "\n") + "\n"
}
