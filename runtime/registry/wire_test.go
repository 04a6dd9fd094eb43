package registry

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func pgError(state string) error { return &pgconn.PgError{Code: state} }

// wire is a proxy before a PostgreSQL server that breaks when asked to.
type wire struct {
	location string // the database, as seen through the proxy
	address  string
	network  string // of the server
	server   string

	mu       sync.Mutex
	listener net.Listener
	open     map[net.Conn]bool
	refusing bool
	refused  chan struct{} // closed once somebody was turned away
	breaking bool          // at the next commit
	reach    bool          // which the server still gets
}

func proxy(t *testing.T, location string) *wire {
	t.Helper()
	config, err := configurePostgres(with(t, location, "sslmode", "disable"), Login{})
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{open: map[net.Conn]bool{}}
	w.network, w.server = pgconn.NetworkAddress(config.Host, config.Port)
	if w.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	w.address = w.listener.Addr().String()
	u, err := url.Parse(with(t, location, "sslmode", "disable"))
	if err != nil {
		t.Fatal(err)
	}
	u.Host = w.address
	w.location = u.String()
	go w.accept()
	t.Cleanup(func() {
		w.listener.Close()
		w.breakAll()
	})
	return w
}

func (w *wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		if w.refusing {
			select {
			case <-w.refused:
			default:
				close(w.refused)
			}
			client.Close()
			w.mu.Unlock()
			continue
		}
		w.mu.Unlock()
		server, err := net.Dial(w.network, w.server)
		if err != nil {
			client.Close()
			continue
		}
		w.mu.Lock()
		w.open[client], w.open[server] = true, true
		w.mu.Unlock()
		go w.pass(client, server)
		go func() {
			_, _ = io.Copy(client, server)
			client.Close()
		}()
	}
}

// pass hands on what the client says, and breaks at the commit it is to.
func (w *wire) pass(client, server net.Conn) {
	defer server.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if bytes.Contains(buffer[:n], []byte("commit\x00")) {
			if breaks, reach := w.takeBreak(); breaks {
				client.Close() // nothing more is answered
				if reach {
					_, _ = server.Write(buffer[:n])
					// The server's answer says that it is done; nobody hears it.
					_, _ = io.CopyN(io.Discard, server, 1)
				}
				return
			}
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			client.Close()
			return
		}
	}
}

func (w *wire) breakNextCommit(reach bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.breaking, w.reach = true, reach
}

func (w *wire) armed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.breaking
}

func (w *wire) takeBreak() (breaks, reach bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	breaks, w.breaking = w.breaking, false
	return breaks, w.reach
}

// down breaks all connections and makes no more; the channel is closed once
// somebody has tried.
func (w *wire) down() <-chan struct{} {
	w.mu.Lock()
	w.refusing, w.refused = true, make(chan struct{})
	refused := w.refused
	w.mu.Unlock()
	w.breakAll()
	return refused
}

func (w *wire) up() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refusing = false
}

func (w *wire) breakAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		c.Close()
	}
	clear(w.open)
}
