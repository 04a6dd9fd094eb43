package dataset

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

const peopleHeader = "name,age,income,member,status,since\n"

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGzipReadsAsPlain(t *testing.T) {
	text := peopleHeader + "Ann,1,2,1,good,2024-01-01\nBob,3,4,0,bad,2024-01-02\n"
	dir := write(t, map[string]string{"p.csv": text, "p.csv.gz": zipped(t, text),
		"unnamed": zipped(t, "\xef\xbb\xbf"+text)})
	want, _ := drain(t, people("p.csv"), Options{Dir: dir})
	for _, source := range []string{"p.csv.gz", "unnamed"} {
		got, problems := drain(t, people(source), Options{Dir: dir})
		if problems != nil {
			t.Errorf("%s: %v", source, problems)
		}
		equalFrames(t, got, want)
	}
}

func TestPartitionsReadAsOneFileInTheOrderOfTheirNames(t *testing.T) {
	a, b := "Ann,1,2,1,good,2024-01-01\n", "Bob,3,4,0,bad,2024-01-02\n"
	dir := write(t, map[string]string{
		"one.csv":           peopleHeader + a + b,
		"parts/day=1/p.csv": peopleHeader + a,
		// another order, no newline
		"parts/day=2/p.csv": "since,status,member,income,age,name\n2024-01-02,bad,0,4,3,Bob",
	})
	equalFrames(t, all(t, people("parts/day=*/p.csv"), Options{Dir: dir}), all(t, people("one.csv"), Options{Dir: dir}))
}

func TestAPartitionMayLackAnOptionalColumn(t *testing.T) {
	dir := write(t, map[string]string{"a.csv": "age\n1\n", "b.csv": "age,income\n2,3\nx,4\n"})
	ds := plan.Dataset{Source: "*.csv", Columns: map[string]plan.Column{
		"age": {Type: plan.Integer, Nullable: true}, "income": {Type: plan.Number, Optional: true}}}
	frames, problems := drain(t, ds, Options{Dir: dir})
	f, err := Concat(frames...)
	if err != nil {
		t.Fatal(err)
	}
	if f.Columns[1].Value(0) != "" || f.Columns[1].Value(1) != "3" || f.Rows != 3 {
		t.Errorf("income is %v", f.Columns[1].Floats)
	}
	if len(problems.Problems) != 1 || problems.Problems[0].String() != `b.csv:3 (row 2): column "age": "x": want an integer of at most 64 bits` {
		t.Errorf("a later partition's problem is misplaced: %v", problems)
	}
}

// bucket opens the same in-memory bucket for every URL and notes them.
func bucket(t *testing.T, objects map[string]string, urls *[]string) func(context.Context,
	string) (*blob.Bucket, error) {
	return func(ctx context.Context, url string) (*blob.Bucket, error) {
		*urls = append(*urls, url)
		b := memblob.OpenBucket(nil)
		for key, text := range objects {
			if err := b.WriteAll(ctx, key, []byte(text), nil); err != nil {
				t.Fatal(err)
			}
		}
		return b, nil
	}
}

func TestBlobURLsReadAsFiles(t *testing.T) {
	a, b := "Ann,1,2,1,good,2024-01-01\n", "Bob,3,4,0,bad,2024-01-02\n"
	var urls []string
	opt := Options{OpenBucket: bucket(t, map[string]string{
		"in/1.csv": peopleHeader + a, "in/2.csv.gz": zipped(t, peopleHeader+b), "in/deep/3.csv": "x\n1\n"}, &urls)}
	dir := write(t, map[string]string{"1.csv": peopleHeader + a, "2.csv.gz": zipped(t, peopleHeader+b),
		"whole.csv": peopleHeader + a + b})
	want := all(t, people("file://"+filepath.ToSlash(dir)+"/whole.csv"), Options{})
	equalFrames(t, all(t, people("s3://data/in/*.csv*?region=eu-west-1"), opt), want)
	if urls[0] != "s3://data?region=eu-west-1" {
		t.Errorf("opened the bucket %s", urls[0])
	}
	local, err1 := Digest(context.Background(), people("[12].csv*"), Options{Dir: dir})
	remote, err2 := Digest(context.Background(), people("mem://data/in/*.csv*"), opt)
	if err1 != nil || err2 != nil || local != remote || !strings.HasPrefix(local, "sha256:") {
		t.Errorf("the same files have the digests %s (%v) and %s (%v)", local, err1, remote, err2)
	}
}

func TestRelativeSourcesMayStartFromABlobURL(t *testing.T) {
	a, b := "Ann,1,2,1,good,2024-01-01\n", "Bob,3,4,0,bad,2024-01-02\n"
	var urls []string
	open := bucket(t, map[string]string{"up/in/1.csv": peopleHeader + a, "up/in/2.csv": peopleHeader + b,
		"in/1.csv": "secret\n1\n"}, &urls)
	dir := write(t, map[string]string{"in/1.csv": peopleHeader + a, "in/2.csv": peopleHeader + b})
	for _, base := range []string{"s3://data/up?region=eu-west-1", "s3://data/up/?region=eu-west-1"} {
		opt := Options{Dir: base, OpenBucket: open}
		for _, source := range []string{"in/*.csv", "in/?.csv", "in/[12].csv", "./in/*.csv", "../../in/*.csv"} {
			equalFrames(t, all(t, people(source), opt), all(t, people("in/*.csv"), Options{Dir: dir}))
		}
		local, err1 := Digest(t.Context(), people("in/1.csv"), Options{Dir: dir})
		remote, err2 := Digest(t.Context(), people("in/1.csv"), opt)
		if err1 != nil || err2 != nil || local != remote {
			t.Errorf("the same file has the digests %s (%v) and %s (%v)", local, err1, remote, err2)
		}
	}
	for _, u := range urls {
		if u != "s3://data?region=eu-west-1" {
			t.Errorf("opened the bucket %s", u)
		}
	}
	for dir, want := range map[string]string{"s3://": "not a blob URL", "s3://data/%zz": "not a blob URL",
		"s3://data/none": "no such object"} {
		if _, err := Digest(t.Context(), people("in/1.csv"), Options{Dir: dir, OpenBucket: open}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", dir, err, want)
		}
	}
}

func TestDigestFollowsNamesAndBytes(t *testing.T) {
	dir := write(t, map[string]string{"a/1.csv": "x", "b/1.csv": "x", "c/1.csv": "y", "d/2.csv": "x"})
	digests := map[string]string{}
	for _, d := range []string{"a", "b", "c", "d"} {
		digest, err := Digest(context.Background(), plan.Dataset{Source: d + "/*.csv"}, Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		digests[d] = digest
	}
	if digests["a"] != digests["b"] {
		t.Error("moving the folder changed the digest")
	}
	if digests["a"] == digests["c"] || digests["a"] == digests["d"] {
		t.Error("another byte or name left the digest as it was")
	}
}

func TestSourcesThatAreNoTableSayWhatToDo(t *testing.T) {
	dir := write(t, map[string]string{
		"credit.csv": "a\n1\n", "sub/x.csv": "a\n1\n", "empty.csv": "", "blank.csv": "\n\r\n\n",
		"bom.csv":    "\xef\xbb\xbf",
		"header.csv": "a,b\n", "book.xlsx": "PK\x03\x04....", "utf16.csv": "\xff\xfea\x00",
		"p.parquet": "PAR1 no", "empty.parquet": "",
		"as.csv": "PAR1....", "wide.csv": strings.Repeat("a,", 20_000) + "\n", "open.csv": "a,\"b\n1,2\n",
		"cut.csv.gz": zipped(t, "a\n1\n2\n3\n")[:20],
		"long.csv":   "a\n" + strings.Repeat("x", MaxRecordBytes+5),
	})
	var urls []string
	opt := Options{Dir: dir, OpenBucket: bucket(t, map[string]string{"k.csv": "a\n1\n"}, &urls)}
	for source, want := range map[string]string{
		"":               "has no source",
		"credt.csv":      `no such file in ` + dir + `; did you mean "credit.csv"?`,
		"nowhere/a.csv":  "no such file, nor a folder",
		"sub":            "is a folder: name a file in it or a glob such as sub/*.csv",
		"q*.csv":         "no file matches",
		"[.csv":          "not a glob",
		"empty.csv":      "the file is empty",
		"bom.csv":        "the file is empty",
		"blank.csv":      "only blank lines",
		"header.csv":     "no rows after the header",
		"book.xlsx":      "Excel",
		"utf16.csv":      "save it as UTF-8",
		"as.csv":         "set the dataset's format to \"parquet\"",
		"p.parquet":      "not a whole Parquet file",
		"empty.parquet":  "the file is empty",
		"wide.csv":       "over 10000 columns",
		"open.csv":       "the header has a quote",
		"cut.csv.gz":     "unexpected EOF",
		"long.csv":       "over 16 MiB",
		"mem://b/none":   "no such object",
		"mem://b/":       "names no object",
		"mem://b/*.tsv":  "no object matches",
		"file://h/a.csv": "want file:///absolute/path",
	} {
		_, err := ReadAll(context.Background(),
			plan.Dataset{Source: source, Columns: map[string]plan.Column{"a": {Type: plan.Text}}}, opt)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", source, err, want)
		}
	}
	if _, err := Open(context.Background(), plan.Dataset{Source: "x.csv"}, opt); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file is %v", err)
	}
}

func TestCancellationEndsReading(t *testing.T) {
	ds := writeNumbers(t, 10)
	ctx, cancel := context.WithCancel(context.Background())
	r, err := Open(ctx, ds, Options{BatchRows: 100})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	for err == nil {
		_, err = r.Next()
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled reader ended with %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
