// Package literal reads and writes single values as text: numbers, integers of 64
// bits, booleans and timestamps. There is one rule for files, requests and null
// texts alike, so what a file takes for 7.5 a request takes for 7.5 too.
//
// It knows no rows and no columns: where texts come from, which of them mean
// missing, and what a problem is called is the business of package dataset. It is
// apart so that it can be tried value by value against strconv, math/big and
// time.Parse, which its tests and fuzz targets do.
//
// Reading works on bytes and allocates nothing for a usual value, as it is done
// once a cell. A refusal is a bool and no error for the same reason: most texts
// that are tried are only asked whether they could be a number. The functions
// keep no state and may be called by many goroutines; a Handwritten belongs to
// one.
package literal
