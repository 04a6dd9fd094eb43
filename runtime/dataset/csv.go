package dataset

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/runtime/crash"
	"github.com/ashlar-dev/ashlar/runtime/dataset/origin"
)

// batch is a frame and what is to be said of it.
type batch struct {
	frame   *Frame
	layout  *layout
	first   bool  // of its file
	line    int64 // of a first batch: lines before it
	lines   int64 // lines that it took
	records int64 // records that it took, the skipped ones included
	found   problems
	err     error // ends the reading
}

// chunk is a batch in the making.
type chunk struct {
	batch
	text []byte
	done chan struct{}
}

// csvReader is a pipeline: one goroutine cuts the files into chunks, workers
// parse them, and next hands them on in order.
//
// Each chunk goes to both channels: ordered keeps the order of the file, work
// hands it to whichever worker is free, and done says that it is parsed.
// inFlight chunks are under way at most, which bounds the memory.
type csvReader struct {
	dialect  dialect
	opt      Options
	declared map[string]plan.Column
	source   *origin.Source
	targets  []target
	free     buffers
	frames   chan *Frame

	head    []string // the first file's header
	first   *openCSV
	ordered chan *chunk
	work    chan *chunk
	cancel  context.CancelFunc
	group   sync.WaitGroup
}

// newCSVReader opens the first file and starts the goroutines; close must be
// called to end them. On an error nothing is left running, and the caller
// closes the source.
func newCSVReader(ctx context.Context, ds plan.Dataset, src *origin.Source, opt Options) (*csvReader, error) {
	d, err := newDialect(ds.CSV)
	if err != nil {
		return nil, err
	}
	inFlight := opt.Workers + 2
	r := &csvReader{
		dialect: d, opt: opt, declared: ds.Columns, source: src,
		free: make(buffers, 2*inFlight), frames: make(chan *Frame, 2*inFlight),
		ordered: make(chan *chunk, inFlight), work: make(chan *chunk, inFlight),
	}
	if r.first, err = r.open(ctx, src.Files[0]); err != nil {
		return nil, err
	}
	r.head = r.first.header
	r.targets = newTargets(r.head, ds, src.Many)
	ctx, r.cancel = context.WithCancel(ctx)
	r.group.Go(crash.Guarded(func() { r.produce(ctx) }))
	for range opt.Workers {
		r.group.Go(crash.Guarded(r.parse))
	}
	return r, nil
}

// produce cuts all files into chunks, and closes both channels at the end.
//
// An error is sent as a chunk of its own, so that it reaches the caller after
// all rows before it.
func (r *csvReader) produce(ctx context.Context) {
	defer close(r.work)
	defer close(r.ordered)
	for i, f := range r.source.Files {
		o := r.first
		if i > 0 {
			var err error
			if o, err = r.open(ctx, f); err != nil {
				r.send(ctx, &chunk{batch: batch{err: err}})
				return
			}
		}
		err := r.produceFile(ctx, o)
		if err = errors.Join(err, o.content.Close()); err != nil {
			r.send(ctx, &chunk{batch: batch{err: fmt.Errorf("%s: %w", f.Path, err)}})
			return
		}
	}
}

// The layout is made once a file and shared by its chunks; workers only read
// it. A file without rows still sends one chunk, or the problems of its header
// would be lost.
func (r *csvReader) produceFile(ctx context.Context, o *openCSV) error {
	l := newLayout(o.file.Path, o.header, r.targets, r.declared)
	l.name = o.file.Name
	for first := true; ; first = false {
		text, err := o.next(r.opt.BatchRows)
		c := &chunk{text: text, batch: batch{layout: l, first: first, line: o.lines, err: err}}
		if errors.Is(err, io.EOF) {
			if first { // the header's problems count though no row follows
				c.err = nil
				r.send(ctx, c)
			}
			return nil
		}
		if err != nil {
			return err
		}
		if !r.send(ctx, c) {
			return ctx.Err()
		}
	}
}

// send hands a chunk to a worker and to next.
//
// It reports false where the context is done. ordered is filled before work:
// next waits for the oldest chunk, which is then certain to be with a worker or
// on its way to one.
func (r *csvReader) send(ctx context.Context, c *chunk) bool {
	c.done = make(chan struct{})
	if c.err != nil {
		close(c.done)
	}
	select {
	case r.ordered <- c:
	case <-ctx.Done():
		return false
	}
	if c.err != nil {
		return true
	}
	r.work <- c // has room for whatever ordered has
	return true
}

// parse is one worker.
//
// It ends when work is closed. The text's buffer is given back as soon as it is
// parsed, as frames copy what they keep. found is read by next only after done
// is closed, which orders the two.
func (r *csvReader) parse() {
	p := newParser(r.dialect, r.targets)
	for c := range r.work {
		select {
		case c.frame = <-r.frames:
		default:
			c.frame = &Frame{}
		}
		c.lines = int64(bytes.Count(c.text, []byte{'\n'}))
		p.parse(c.text, c.layout, c.frame)
		c.found, c.records = p.found, int64(p.records)
		r.free.put(c.text)
		c.text = nil
		close(c.done)
	}
}

// next returns the chunks in the order of the file, each when it is parsed.
func (r *csvReader) next(ctx context.Context) (*batch, error) {
	select {
	case c, ok := <-r.ordered:
		if !ok {
			return nil, cmp.Or(ctx.Err(), io.EOF)
		}
		<-c.done
		return &c.batch, c.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (r *csvReader) header() []string { return r.head }

// recycle keeps the frame for a worker to fill, or drops it where enough wait
// already.
func (r *csvReader) recycle(f *Frame) {
	select {
	case r.frames <- f:
	default:
	}
}

// close ends the producer through the context and drains ordered, on which it
// may be waiting; the workers end as work is closed. It waits for all of them,
// so no goroutine outlives the reader.
func (r *csvReader) close() error {
	r.cancel()
	for range r.ordered {
	}
	r.group.Wait()
	return r.source.Close()
}
