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
	file   *os.File
	out    *bufio.Writer
	end    int64
	levels [][]run
}

// write keeps sorted entries as a run.
func (s *spool[K]) write(room *Room, entries []Entry[K]) error {
	i := 0
	return s.keep(room, 0, func() (Entry[K], error) {
		if i == len(entries) {
			return Entry[K]{}, io.EOF
		}
		i++
		return entries[i-1], nil
	})
}

// keep writes what next returns as a run of the level, and merges the level's
// runs once there are enough of them.
func (s *spool[K]) keep(room *Room, level int, next func() (Entry[K], error)) error {
	if s.file == nil {
		f, err := room.file()
		if err != nil {
			return err
		}
		s.file, s.out = f, bufio.NewWriterSize(nil, bufferBytes)
	}
	r := run{s.file, s.end, s.end}
	w := s.out
	w.Reset(io.NewOffsetWriter(s.file, s.end))
	var b []byte
	for {
		e, err := next()
		if err == io.EOF { //nolint:errorlint // our own iterators return it bare
			break
		}
		if err != nil {
			return err
		}
		b = e.Key.append(b[:0])
		b = binary.AppendUvarint(b, uint64(e.Count))
		b = binary.AppendUvarint(b, uint64(e.First))
		b = binary.AppendVarint(b, e.Second)
		if _, err := w.Write(b); err != nil {
			return fmt.Errorf("spill file: %w", err)
		}
		r.end += int64(len(b))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("spill file: %w", err)
	}
	room.spend(r.end - r.start)
	s.end = r.end
	if level == len(s.levels) {
		s.levels = append(s.levels, nil)
	}
	s.levels[level] = append(s.levels[level], r)
	if len(s.levels[level]) < fanIn {
		return nil
	}
	m := newMerger[K](room.ctx)
	for _, r := range s.levels[level] {
		m.add(reader[K](r))
	}
	s.levels[level] = nil
	return s.keep(room, level+1, m.next)
}

// reader returns an iterator over a run.
func reader[K Key[K]](r run) func() (Entry[K], error) {
	size := r.end - r.start
	in := bufio.NewReaderSize(io.NewSectionReader(r.file, r.start, size), int(max(minBuffer, min(size, bufferBytes))))
	return func() (Entry[K], error) {
		var e Entry[K]
		b, err := in.Peek(minBuffer)
		if len(b) == 0 && err == io.EOF { //nolint:errorlint // bufio returns it bare
			return e, io.EOF
		}
		n := 0
		if e.Key, n = e.Key.read(b); n > 0 {
			_, err = in.Discard(n)
		}
		var count, first uint64
		if err == nil {
			count, err = binary.ReadUvarint(in)
		}
		if err == nil {
			first, err = binary.ReadUvarint(in)
		}
		if err == nil {
			e.Second, err = binary.ReadVarint(in)
		}
		if err != nil {
			return e, fmt.Errorf("spill file: %w", noEOF(err))
		}
		e.Count, e.First = int64(count), int64(first)
		return e, nil
	}
}

func noEOF(err error) error {
	if err == io.EOF { //nolint:errorlint // bufio returns it bare
		return io.ErrUnexpectedEOF
	}
	return err
}
