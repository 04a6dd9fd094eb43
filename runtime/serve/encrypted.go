package serve

import (
	"crypto/tls"
	"net"
)

// secured is a listener whose connections are encrypted by Run.
type secured struct {
	net.Listener
	config *tls.Config
}

// Secured has Run speak TLS to whoever connects. Connections are counted and bounded
// before the handshake, which is work. Nil is the listener as it is.
func Secured(l net.Listener, config *tls.Config) net.Listener {
	if config == nil {
		return l
	}
	return &secured{l, config}
}

// encrypted is the bounded listener room, over TLS if that is what l is for.
func encrypted(l, room net.Listener) net.Listener {
	if s, ok := l.(*secured); ok {
		return tls.NewListener(room, s.config)
	}
	return room
}
