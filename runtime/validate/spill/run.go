package spill

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// bufferBytes is what reading one run holds.
const bufferBytes = 16 << 10

// minBuffer holds any key.
const minBuffer = 64

// run is a sorted list of distinct entries in a file.
type run struct {
	file       *os.File
	start, end int64
}

// spool holds a tally's runs, by level: a run of level n is made of fanIn runs
// of the level below, so that no merge reads more than a few hundred at once.
type spool[K Key[K]] struct {
	levels [][]run
}

// write keeps sorted entries as a run.
//
// The bytes are reserved by their upper bound, since varints are as long as
// their numbers.
func (s *spool[K]) write(room *Room, entries []Entry[K]) error {
	i := 0
	most := int64(len(entries)) * (minBuffer + 3*binary.MaxVarintLen64)
	return s.keep(room, 0, most, func() (Entry[K], error) {
		if i == len(entries) {
			return Entry[K]{}, io.EOF
		}
		i++
		return entries[i-1], nil
	})
}

// keep writes what next returns, at most so many bytes, as a run of the level,
// and merges the level's runs once there are enough of them.
//
// The space of the runs that were merged is not used again: it is given back
// with the file. Each entry is so written once a level, of which there are
// log64 of the number of runs.
func (s *spool[K]) keep(room *Room, level int, most int64, next func() (Entry[K], error)) error {
	file, start, err := room.reserve(most)
	if err != nil {
		return err
	}
	r := run{file, start, start}
	w := room.writer(io.NewOffsetWriter(file, start))
	if r.end, err = writeRun(w, start, next); err != nil {
		return err
	}
	room.giveBack(w)
	room.spend(r.end - r.start)
	if level == len(s.levels) {
		s.levels = append(s.levels, nil)
	}
	s.levels[level] = append(s.levels[level], r)
	if len(s.levels[level]) < fanIn {
		return nil
	}
	m := newMerger[K](room.ctx)
	most = 0
	for _, r := range s.levels[level] {
		m.add(reader[K](r))
		most += r.end - r.start // entries that become one get no longer by it
	}
	s.levels[level] = nil
	return s.keep(room, level+1, most, m.next)
}

// writeRun writes entries and returns where they end.
func writeRun[K Key[K]](w *bufio.Writer, end int64, next func() (Entry[K], error)) (int64, error) {
	var b []byte
	for {
		e, err := next()
		if err == io.EOF { //nolint:errorlint // our own iterators return it bare
			break
		}
		if err != nil {
			return end, err
		}
		b = appendEntry(b[:0], e)
		if _, err := w.Write(b); err != nil {
			return end, fmt.Errorf("spill file: %w", err)
		}
		end += int64(len(b))
	}
	if err := w.Flush(); err != nil {
		return end, fmt.Errorf("spill file: %w", err)
	}
	return end, nil
}

// reader returns an iterator over a run.
//
// The buffer is no longer than the run, as there may be hundreds of short ones.
// Several readers of one file do not disturb each other: each reads at its own
// offset.
func reader[K Key[K]](r run) func() (Entry[K], error) {
	size := r.end - r.start
	in := bufio.NewReaderSize(io.NewSectionReader(r.file, r.start, size), int(max(minBuffer, min(size, bufferBytes))))
	return func() (Entry[K], error) {
		if _, err := in.Peek(1); err == io.EOF { //nolint:errorlint // bufio returns it bare
			return Entry[K]{}, io.EOF
		}
		e, err := readEntry[K](in)
		if err != nil {
			return e, fmt.Errorf("spill file: %w", err)
		}
		return e, nil
	}
}
