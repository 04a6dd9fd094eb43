package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// load is what a server is measured under.
type load struct {
	connections int
	duration    time.Duration
}

// target is a request, over and over.
type target struct{ address, path, header, body string }

// figure is the result of a round.
type figure struct {
	rate     float64 // answers a second
	p50, p99 time.Duration
}

// round asks on every connection: as fast as answers come where perSecond is 0, else so
// many requests a second in all, at even intervals. An answer's time counts from when its
// request was due, or, where its connection had nothing to do then, from when it was
// sent: a request that waits for the one before is late by the server's fault. Each
// connection asks at least once.
func (l load) round(ctx context.Context, t target, perSecond float64) (figure, error) {
	var all sync.WaitGroup
	took, failed := make([][]time.Duration, l.connections), make([]error, l.connections)
	var every time.Duration
	if perSecond > 0 {
		every = time.Duration(float64(l.connections) / perSecond * float64(time.Second))
	}
	begin := time.Now()
	for i := range l.connections {
		first := begin.Add(every * time.Duration(i) / time.Duration(l.connections))
		all.Go(func() { took[i], failed[i] = l.ask(ctx, t, first, every) })
	}
	all.Wait()
	elapsed := time.Since(begin)
	times := slices.Concat(took...)
	if err := errors.Join(failed...); err != nil {
		return figure{}, fmt.Errorf("%s: %w", t.path, err)
	}
	slices.Sort(times)
	return figure{float64(len(times)) / elapsed.Seconds(), times[len(times)/2], times[len(times)*99/100]}, nil
}

// ask asks on one connection, and returns how long each answer took.
func (l load) ask(ctx context.Context, t target, due time.Time, every time.Duration) ([]time.Duration, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", t.address)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	request := []byte("POST " + t.path + " HTTP/1.1\r\nHost: " + t.address + "\r\n" + t.header +
		"Content-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(t.body)) + "\r\n\r\n" + t.body)
	in := bufio.NewReader(c)
	var took []time.Duration
	for end := due.Add(l.duration); ; due = due.Add(every) {
		began := time.Now()
		if every == 0 {
			due = began
		} else if wait := due.Sub(began); wait > 0 {
			time.Sleep(wait)
			due = time.Now()
		}
		if due.After(end) && len(took) > 0 || ctx.Err() != nil {
			return took, ctx.Err()
		}
		if _, err := c.Write(request); err != nil {
			return nil, err
		}
		if err := answered(in); err != nil {
			return nil, err
		}
		took = append(took, time.Since(due))
	}
}

// answered reads an answer, which has to be 200: a server that refuses is fast.
func answered(in *bufio.Reader) error {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.Contains(line, []byte(" 200 ")) {
		return fmt.Errorf("answered %q", line)
	}
	length := 0
	for len(bytes.TrimSpace(line)) > 0 {
		if line, err = in.ReadSlice('\n'); err != nil {
			return err
		}
		if rest, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(rest))); err != nil {
				return err
			}
		}
	}
	_, err = in.Discard(length)
	return err
}
