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
	open     int // connections; under the door's lock
	told     bool
	inFlight atomic.Int64 // predictions
	held     atomic.Int64 // bytes of bodies and answers
}

// door is a listener that bounds the connections which are open at once, in all
// and to a half of that for each client, so that none keeps the others out. What
// comes on top is answered 503 and closed.
type door struct {
	net.Listener
	most, share int
	log         *slog.Logger

	mu      sync.Mutex
	open    int
	clients map[netip.Prefix]*client
}

func newDoor(l net.Listener, most int, log *slog.Logger) *door {
	return &door{Listener: l, most: most, share: max(1, most/2), log: log, clients: map[netip.Prefix]*client{}}
}

// Accept returns the next connection that there is room for.
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
	left   sync.Once
}

// Close makes room for another.
func (g *guest) Close() error {
	err := g.Conn.Close()
	g.left.Do(func() { g.door.leave(g.who) })
	return err
}

// CloseWrite is what net/http ends a connection with whose client still sends.
func (g *guest) CloseWrite() error {
	if c, ok := g.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}
