package effect

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// request is one question to an endpoint.
type request struct {
	method, path, body string
	times              int           // 0: once
	slowly             time.Duration // to wait between the head and the body
	after              time.Duration // to wait before it
	authorization      string
	headers            map[string]string
	client             *http.Client // nil: the usual one
}

// get asks for the path.
func get(path string) request { return request{method: http.MethodGet, path: path} }

// predict asks for predictions of the rows.
func predict(rows ...string) request {
	return request{method: http.MethodPost, path: "/predict", body: `{"features": [` + strings.Join(rows, ",") + `]}`}
}

const row = `{"age": 40, "income": 4000, "city": "Rome", "member": true}`

func (r request) send(l *lab, url string) string {
	l.Helper()
	time.Sleep(r.after)
	var b strings.Builder
	for range max(r.times, 1) {
		var body io.Reader
		if r.body != "" {
			body = strings.NewReader(r.body)
			if r.slowly > 0 {
				body = io.MultiReader(strings.NewReader(" "), late(r.slowly), body)
			}
		}
		req, err := http.NewRequestWithContext(l.Context(), r.method, url+r.path, body)
		if err != nil {
			l.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		for name, value := range r.headers {
			req.Header.Set(name, value)
		}
		if r.authorization != "" {
			req.Header.Set("Authorization", r.authorization)
		}
		client := r.client
		if client == nil {
			client = http.DefaultClient
		}
		resp, err := client.Do(req)
		if err != nil {
			return b.String() + "no answer\n"
		}
		answer, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			answer = []byte("half an answer")
		}
		b.Reset() // the last of several counts
		fmt.Fprintf(&b, "%s %s: %d\n%s\n", r.method, r.path, resp.StatusCode, answer)
	}
	return b.String()
}

// late is a reader that has nothing to say after a while.
type late time.Duration

func (d late) Read([]byte) (int, error) {
	time.Sleep(time.Duration(d))
	return 0, io.EOF
}
