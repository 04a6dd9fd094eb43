package serve

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// unplain are requests that are left to net/http, each for what differs from a plain one.
var unplain = map[string]string{
	"another method":      "GET /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
	"another version":     "POST /predict HTTP/1.0\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
	"a query":             "POST /predict?a=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
	"an escape":           "POST /%70redict HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
	"an authority":        "POST http://x/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
	"two slashes":         "POST //x/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
	"two spaces":          "POST /predict  HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
	"no host":             "POST /predict HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
	"two hosts":           "POST /predict HTTP/1.1\r\nHost: x\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
	"an odd host":         "POST /predict HTTP/1.1\r\nHost: x/y\r\nContent-Length: 2\r\n\r\n{}",
	"no length":           "POST /predict HTTP/1.1\r\nHost: x\r\n\r\n",
	"two lengths":         "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
	"a list of lengths":   "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 2, 2\r\n\r\n{}",
	"a length with sign":  "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\n{}",
	"a length with zero":  "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 02\r\n\r\n{}",
	"no body":             "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
	"half a body":         "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n{}",
	"something behind":    "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}G",
	"half a header":       "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Le",
	"chunks":              "POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
	"chunks and a length": "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
	"an expectation":      "POST /predict HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
	"an upgrade":          "POST /predict HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n{}",
	"a closing":           "POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
	"a hop-by-hop field":  "POST /predict HTTP/1.1\r\nHost: x\r\nConnection: X-A\r\nX-A: 1\r\nContent-Length: 2\r\n\r\n{}",
	"a line feed alone":   "POST /predict HTTP/1.1\nHost: x\nContent-Length: 2\n\n{}",
	"one inside":          "POST /predict HTTP/1.1\r\nHost: x\r\nA: 1\nContent-Length: 2\r\n\r\n{}",
	"a carriage return":   "POST /predict HTTP/1.1\r\nHost: x\r\nA: 1\rB: 2\r\nContent-Length: 2\r\n\r\n{}",
	"a folded line":       "POST /predict HTTP/1.1\r\nHost: x\r\nA: 1\r\n b\r\nContent-Length: 2\r\n\r\n{}",
	"a space in a name":   "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length : 2\r\n\r\n{}",
	"a low line":          "POST /predict HTTP/1.1\r\nHost: x\r\nContent_Length: 9\r\nContent-Length: 2\r\n\r\n{}",
	"a name twice":        "POST /predict HTTP/1.1\r\nHost: x\r\nA: 1\r\na: 2\r\nContent-Length: 2\r\n\r\n{}",
	"no name":             "POST /predict HTTP/1.1\r\nHost: x\r\n: 2\r\nContent-Length: 2\r\n\r\n{}",
	"bytes beyond ASCII":  "POST /predict HTTP/1.1\r\nHost: x\r\nA: \xc3\xa9\r\nContent-Length: 2\r\n\r\n{}",
	"a tab":               "POST /predict HTTP/1.1\r\nHost: x\r\nA: \t1\r\nContent-Length: 2\r\n\r\n{}",
	"many fields": "POST /predict HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: 1\r\n", 40) +
		"Content-Length: 2\r\n\r\n{}",
}

// plainOnes are requests that are plain.
var plainOnes = map[string]string{
	"the least": "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
	"a client's": "POST /v2/models/default-risk/infer HTTP/1.1\r\nhost: [::1]:8080\r\nuser-agent: a/1.0 (b; c)\r\n" +
		"Accept: */*\r\nAccept-Encoding: gzip, deflate\r\nConnection: Keep-Alive\r\ncontent-type:application/json\r\n" +
		"X-API-Key:  k  \r\nX-Empty:\r\nContent-Length: 4\r\n\r\n\r\n\x00\xff",
	"a colon": "POST /v1/models/m:predict HTTP/1.1\r\nHost: localhost:80\r\nContent-Length: 1\r\n\r\n{",
}

func plainly(t testing.TB, b []byte) *plainRequest {
	t.Helper()
	client, server := net.Pipe()
	defer client.Close()
	defer server.Close()
	return newExchange(context.Background(), &guest{Conn: server}, &clock{}).request(b)
}

// FuzzPlainRequests holds what is taken for plain to what net/http reads of the same
// bytes.
func FuzzPlainRequests(f *testing.F) {
	for _, all := range []map[string]string{unplain, plainOnes} {
		for _, text := range all {
			f.Add([]byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got := plainly(t, b)
		if got == nil {
			return
		}
		in := bufio.NewReader(bytes.NewReader(b))
		want, err := http.ReadRequest(in)
		if err != nil {
			t.Fatalf("net/http refuses it: %v", err)
		}
		body, err := io.ReadAll(want.Body)
		if err != nil {
			t.Fatal(err)
		}
		if left := in.Buffered(); left > 0 {
			t.Errorf("net/http leaves %d bytes", left)
		}
		mine, err := io.ReadAll(got.Body)
		if err != nil || !bytes.Equal(mine, body) {
			t.Errorf("the body is %q, and %q by net/http (%v)", mine, body, err)
		}
		for _, of := range []struct{ got, want any }{
			{got.Method, want.Method}, {got.URL, want.URL}, {got.Proto, want.Proto}, {got.Header, want.Header},
			{got.Host, want.Host}, {got.ContentLength, want.ContentLength}, {got.Close, want.Close},
			{got.TransferEncoding, want.TransferEncoding}, {got.RequestURI, want.RequestURI},
			{got.ProtoMajor*10 + got.ProtoMinor, want.ProtoMajor*10 + want.ProtoMinor},
		} {
			if !reflect.DeepEqual(of.got, of.want) {
				t.Errorf("%#v, and %#v by net/http", of.got, of.want)
			}
		}
	})
}

func TestWhatLeavesRoomForInterpretationIsNotPlain(t *testing.T) {
	for what, text := range unplain {
		if plainly(t, []byte(text)) != nil {
			t.Errorf("%s is plain", what)
		}
	}
	for what, text := range plainOnes {
		if plainly(t, []byte(text)) == nil {
			t.Errorf("%s is not plain", what)
		}
	}
}
