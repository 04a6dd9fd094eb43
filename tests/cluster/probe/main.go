// Command probe is what the network is tried with: it listens, and it connects
// to others. Package cluster runs it in pods that carry the labels of a
// workload, whose own image has no such tool, and outside of the cluster.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

const usage = `usage: probe serve tcp:PORT|dns:PORT...
       probe try ATTEMPT...

An attempt is "connect HOST:PORT" or "lookup udp|tcp SERVER:PORT NAME". All are
tried at once, and each gets a line: "open", or "closed: " and why`

// patience is how long an answer may take before there is none.
const patience = 3 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	switch {
	case len(args) > 1 && args[0] == "serve":
		return serve(ctx, args[1:])
	case len(args) > 1 && args[0] == "try":
		return try(ctx, args[1:], out)
	}
	return errors.New(usage)
}

// try makes the attempts and says what came of each. One that did not get
// through is no error of the probe.
func try(ctx context.Context, attempts []string, out io.Writer) error {
	problems := make([]error, len(attempts))
	happened := make([]string, len(attempts))
	var group sync.WaitGroup
	for i, text := range attempts {
		group.Go(func() {
			switch words := strings.Fields(text); {
			case len(words) == 2 && words[0] == "connect":
				happened[i] = outcome(connect(ctx, words[1]))
			case len(words) == 4 && words[0] == "lookup":
				happened[i] = outcome(lookup(ctx, words[1], words[2], words[3]))
			default:
				problems[i] = fmt.Errorf("attempt %q: see the usage", text)
			}
		})
	}
	group.Wait()
	if err := errors.Join(problems...); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out, strings.Join(happened, "\n"))
	return err
}

func outcome(err error) string {
	var timeout net.Error
	switch {
	case err == nil:
		return "open"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "closed: refused"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "closed: no answer"
	}
	return "closed: " + strings.ReplaceAll(err.Error(), "\n", " ")
}

func connect(ctx context.Context, address string) error {
	c, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return c.Close()
}

// lookup asks the server for an address of the name.
func lookup(ctx context.Context, network, server, name string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server)
	}}
	found, err := r.LookupNetIP(ctx, "ip4", name)
	if err == nil && (len(found) != 1 || found[0].Unmap() != known) {
		err = fmt.Errorf("%s is %v, want %s", name, found, known)
	}
	return err
}

// serve listens until it is told to end.
func serve(ctx context.Context, what []string) error {
	var config net.ListenConfig
	for _, w := range what {
		kind, port, _ := strings.Cut(w, ":")
		l, err := config.Listen(ctx, "tcp", ":"+port)
		if err != nil {
			return err
		}
		switch kind {
		case "tcp":
			go accept(l, func(net.Conn) error { return nil })
		case "dns":
			p, err := config.ListenPacket(ctx, "udp", ":"+port)
			if err != nil {
				return err
			}
			go accept(l, answerStream)
			go answerPackets(p)
		default:
			return fmt.Errorf("%q: want tcp:PORT or dns:PORT", w)
		}
	}
	<-ctx.Done()
	return nil
}

// accept greets whoever connects, one after the other.
func accept(l net.Listener, greet func(net.Conn) error) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_ = c.SetDeadline(time.Now().Add(patience))
		_ = greet(c) // whoever left early does not matter
		_ = c.Close()
	}
}
