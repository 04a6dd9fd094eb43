package main

import (
	"net"
	"testing"
)

func TestANameServerAnswersQueriesAndNothingElse(t *testing.T) {
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	go answerPackets(p)
	if err := lookup(t.Context(), "udp", p.LocalAddr().String(), "models.example."); err != nil {
		t.Errorf("over UDP: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go accept(l, answerStream)
	if err := lookup(t.Context(), "tcp", l.Addr().String(), "models.example."); err != nil {
		t.Errorf("over TCP: %v", err)
	}
	header := make([]byte, headerSize)
	for _, bad := range [][]byte{nil, header[:5], header, append(header, 200, 'a'), append(header, 1, 'a', 0, 0, 1)} {
		if a := answer(bad); a != nil {
			t.Errorf("%v is answered by %v", bad, a)
		}
	}
}

func TestAnAttemptSaysWhatCameOfIt(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if got := outcome(connect(t.Context(), address)); got != "open" {
		t.Errorf("to a listener: %s", got)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got := outcome(connect(t.Context(), address)); got != "closed: refused" {
		t.Errorf("to nobody: %s", got)
	}
}
