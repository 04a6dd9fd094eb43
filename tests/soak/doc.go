// Package soak holds a test that serves under load for as long as somebody likes, while
// everything that can change beneath an endpoint does.
package soak
