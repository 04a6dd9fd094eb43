//go:build unix && !linux

package command

// rssUnit is the unit of a resource usage's resident size.
// getrusage(2) of macOS counts in bytes.
const rssUnit = 1
