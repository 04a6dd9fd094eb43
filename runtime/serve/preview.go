package serve

import "net/http"

// previewPath is where a version answers that is to be looked at before it has
// traffic. Its requests are those of whoever tests it, and no metric counts them.
const previewPath = "/preview/predict"

// previewed is the routing of the preview; nil where there is none.
func (t *routing) previewed() *routing {
	if t != nil && t.moving != nil {
		return t.moving.preview
	}
	return nil
}

// preview answers POST /preview/predict, by the version that is to have all traffic
// and has none yet.
func (s *Server) preview(w http.ResponseWriter, r *http.Request, id string) outcome {
	t := s.serving.Load().previewed()
	if t == nil {
		return s.refuse(w, id, nil, problem(http.StatusNotFound, "no_preview",
			"no version is previewed here now; a release with the strategy blueGreen does so before it moves the traffic"))
	}
	return s.respondBy(t, w, r, id, &features, "")
}
