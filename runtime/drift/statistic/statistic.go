// Package statistic compares two samples of one column: tests that give a
// p-value, and distances that say how far apart the samples are. Each equals
// what scipy, numpy or the cited paper says, to nine digits.
//
// It knows numbers and counts only. Which of them is asked of which column, from
// what value on the answer is drift, and what a monitor does about it, is the
// business of package drift. It is separate so that a test can be read and
// checked against its paper without the windows, and used without them.
//
// Numbers come as a Sample, sorted once by a Sorter; categories, and numbers in
// bins, as two slices of counts with an entry for each value or bin. Nothing
// here is random or keeps state between calls but a Sorter, which is memory for
// one goroutine; everything else may be called by many at once.
package statistic
