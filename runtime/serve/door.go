package serve

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// connectionsPerSlot is how many connections may be open for each prediction
// that may be under way: most of them wait.
const connectionsPerSlot = 4

// client is a remote address with what it holds at the moment. Behind a proxy
// all users are one client: an address that a header names is not believed.
type client struct {
	open int // connections; under the door's lock
	// A warning was logged for this client; reset when its last connection
	// closes, because the entry is dropped then.
	told     bool
	inFlight atomic.Int64 // predictions
	held     atomic.Int64 // bytes of bodies and answers
}

// door is a listener that bounds the connections which are open at once, in all
// and to a half of that for each client, so that none keeps the others out. What
// comes on top is answered 503 and closed.
type door struct {
	net.Listener
	// Limits on open connections: of all clients, and of one.
	most, share int
	log         *slog.Logger

	// mu guards open, clients, and open and told of each client. The counters
	// of predictions and bytes are atomics, so that requests never wait here.
	mu      sync.Mutex
	open    int
	clients map[netip.Prefix]*client
}

func newDoor(l net.Listener, most int, log *slog.Logger) *door {
	return &door{Listener: l, most: most, share: max(1, most/2), log: log, clients: map[netip.Prefix]*client{}}
}

// Accept returns the next connection that there is room for.
// net/http calls it from one goroutine, so a client that is turned away delays
// the others by what turnAway takes, at most 10 ms. net/http decides whether an
// error of the listener ends the server.
func (d *door) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		who := clientOf(c.RemoteAddr())
		if cl := d.enter(who); cl != nil {
			return &guest{Conn: c, door: d, who: who, client: cl}, nil
		}
		turnAway(c)
	}
}

// enter notes a connection, or returns nil where there is no room for it.
func (d *door) enter(who netip.Prefix) *client {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.clients[who]
	if c == nil {
		c = &client{}
	}
	if d.open >= d.most || c.open >= d.share {
		if !c.told {
			c.told = true
			d.log.Warn("connections are turned away", "client", who.Addr().String(), "open",
				c.open, "open_in_all", d.open)
		}
		return nil
	}
	c.open++
	d.open++
	d.clients[who] = c
	return c
}

// leave notes that a connection has closed. A client without connections is
// forgotten, which bounds the map by the number of open connections; requests
// that still run keep their pointer to it and count down on that.
func (d *door) leave(who netip.Prefix) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open--
	c := d.clients[who]
	if c.open--; c.open == 0 {
		delete(d.clients, who)
	}
}

// inside is how many connections are open.
func (d *door) inside() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open
}

// empty waits until no connection is open, but not longer than most.
// It polls: shutdown happens once, and a condition variable would need a wake-up
// for the context too. 5 ms is short beside the second that it may last.
func (d *door) empty(ctx context.Context, most time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for d.inside() > 0 {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// clientOf is an IPv4 address, or the /64 that an IPv6 address is in: a host
// may take any address of that. What has no address is one client.
//
// IPv4 addresses within IPv6 are unmapped first, so that a dual-stack listener
// counts a client once. The loopback keeps its full length: ::1 is one host.
func clientOf(a net.Addr) netip.Prefix {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := t.AddrPort().Addr().Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() && !ip.IsLoopback() {
		bits = 64
	}
	return netip.PrefixFrom(ip, bits).Masked()
}

const fullHouse = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n\r\n" +
	`{"error":{"code":"overloaded","message":"too many connections are open"}}` + "\n"

// turnAway says why, where that needs no waiting, and closes.
// The response is written by hand, as no request was read that net/http could
// answer. A new connection's send buffer is empty, so the write does not block in
// practice; the deadline covers the rest.
func turnAway(c net.Conn) {
	if err := c.SetWriteDeadline(time.Now().Add(10 * time.Millisecond)); err == nil {
		_, _ = c.Write([]byte(fullHouse)) // a client that has gone needs no answer
	}
	_ = c.Close()
}

// guest is a connection that counts.
type guest struct {
	net.Conn
	door   *door
	who    netip.Prefix
	client *client
	unread []byte // what was read of it before, and comes first
	// net/http may close a connection more than once; it is counted once.
	left sync.Once
}

// Read reads what was read before, and then the connection.
func (g *guest) Read(b []byte) (int, error) {
	if len(g.unread) == 0 {
		return g.Conn.Read(b)
	}
	n := copy(b, g.unread)
	if g.unread = g.unread[n:]; len(g.unread) == 0 {
		g.unread = nil
	}
	return n, nil
}

// Close makes room for another.
func (g *guest) Close() error {
	err := g.Conn.Close()
	g.left.Do(func() { g.door.leave(g.who) })
	return err
}

// CloseWrite is what net/http ends a connection with whose client still sends.
// net/http looks for the method by a type assertion. Without it, a client that
// is still sending would get a reset instead of the answer.
func (g *guest) CloseWrite() error {
	if c, ok := g.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}
