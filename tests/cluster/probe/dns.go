package main

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
)

// known is the address of every name.
var known = netip.AddrFrom4([4]byte{192, 0, 2, 53})

const (
	headerSize  = 12
	typeA       = 1
	largestName = 255
)

// answer is the message that answers a query: the question again, and where it
// asks for an IPv4 address, known. It is nil where the query is none.
func answer(query []byte) []byte {
	if len(query) < headerSize {
		return nil
	}
	end := headerSize
	for end < len(query) && query[end] != 0 && end < headerSize+largestName {
		end += 1 + int(query[end])
	}
	end += 1 + 4 // the root, type and class
	if end > len(query) {
		return nil
	}
	answers := uint16(0)
	if binary.BigEndian.Uint16(query[end-4:]) == typeA {
		answers = 1
	}
	out := append([]byte{}, query[:2]...)
	for _, field := range []uint16{0x8580, 1, answers, 0, 0} { // an authority's answer, without errors
		out = binary.BigEndian.AppendUint16(out, field)
	}
	out = append(out, query[headerSize:end]...)
	if answers == 1 {
		// The name of the question, type A, class IN, a minute, four bytes.
		out = append(out, 0xc0, headerSize, 0, typeA, 0, 1, 0, 0, 0, 60, 0, 4)
		out = append(out, known.AsSlice()...)
	}
	return out
}

// answerPackets answers over UDP until the connection is closed.
func answerPackets(p net.PacketConn) {
	buffer := make([]byte, 512)
	for {
		n, from, err := p.ReadFrom(buffer)
		if err != nil {
			return
		}
		if a := answer(buffer[:n]); a != nil {
			_, _ = p.WriteTo(a, from) // it asks again
		}
	}
}

// answerStream answers one query over TCP, where each message has its length
// before it.
func answerStream(c net.Conn) error {
	var size [2]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return err
	}
	query := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(c, query); err != nil {
		return err
	}
	a := answer(query)
	if a == nil {
		return errors.New("no query")
	}
	_, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(a))), a...))
	return err
}
