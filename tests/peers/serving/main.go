// Command serving times our HTTP serving beside net/http's server and beside itself
// without what a release or access adds, and prints each ratio with the target that it
// is to meet: what one request costs is only known against another in the same run.
//
// The servers are in a process of their own, as in production, so that the load has
// neither their scheduler nor their garbage collector.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "serving:", err)
		os.Exit(1)
	}
}

// bench is what is measured, and how.
type bench struct {
	load
	rounds int
	at     places
	out    io.Writer
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("serving", flag.ContinueOnError)
	b := bench{out: out}
	flags.IntVar(&b.connections, "connections", 16, "connections that ask")
	flags.DurationVar(&b.duration, "duration", time.Second, "of a round")
	flags.IntVar(&b.rounds, "rounds", 9, "how often to measure each, by turns")
	servers := flags.Bool("servers", false, "be the servers, until the input ends")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *servers {
		return serveAll(ctx, in, out)
	}
	at, stop, err := start(ctx)
	if err != nil {
		return err
	}
	b.at = at
	return errors.Join(b.all(ctx, flags.Args()), stop())
}

// all measures what there is a target for: the named parts, or every one.
func (b *bench) all(ctx context.Context, only []string) error {
	fmt.Fprintf(b.out, "one row a request, %d connections, a forest of 100 trees of depth 10; ratios of requests a second to\n"+
		"those of the other in rounds by turns: median, least and most of %d rounds of %s\n", b.connections, b.rounds,
		b.duration)
	for _, part := range []struct {
		name    string
		measure func(context.Context) error
	}{{"bare", b.bare}, {"access", b.access}, {"shadow", b.shadow}, {"verdict", b.verdict}} {
		if len(only) > 0 && !slices.Contains(only, part.name) {
			continue
		}
		if err := part.measure(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}
