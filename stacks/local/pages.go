package local

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/ashlar-dev/ashlar/stacks/local/page"
)

// pages adds the page, its stylesheet and the same facts as JSON. Their headers
// are those of all answers (see serve.Run); the page's policy allows more.
func (h *server) pages(mux *http.ServeMux, url string) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		// Made in full before anything is sent, so that a failure is a 500 and not
		// half a page.
		view, err := h.view(r.Context(), url)
		var body bytes.Buffer
		if err == nil {
			err = page.Render(&body, view)
		}
		if err != nil {
			h.stack.cfg.Log.Error("page", "error", err)
			http.Error(w, "the page could not be made; see the log (ashlar up --verbose)",
				http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", page.ContentSecurityPolicy)
		_, _ = body.WriteTo(w) // a browser that went away needs no answer
	})
	mux.HandleFunc("GET /assets/style.css", func(w http.ResponseWriter, _ *http.Request) {
		style, err := page.Style()
		if err != nil {
			http.Error(w, "no stylesheet", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = w.Write(style)
	})
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, r *http.Request) {
		state, err := h.snapshot(r.Context())
		var body []byte
		if err == nil {
			body, err = json.Marshal(state)
		}
		if err != nil {
			h.stack.cfg.Log.Error("state", "error", err)
			http.Error(w, `{"error":"the state could not be read; see the log"}`, http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	})
}
