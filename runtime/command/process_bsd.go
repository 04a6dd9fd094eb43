//go:build unix && !linux

package command

// rssUnit is the unit of a resource usage's resident size.
const rssUnit = 1
