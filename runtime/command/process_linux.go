package command

// rssUnit is the unit of a resource usage's resident size.
// getrusage(2) of Linux counts in KiB.
const rssUnit = 1024
