package bundle

import "time"

// Origin says where the manifests come from. What is not known is not said.
type Origin struct {
	Source   string    // the repository's URL, without credentials
	Revision string    // the commit
	Created  time.Time // the commit's time, never the moment of the build
}

const ociPrefix = "org.opencontainers.image."

// annotations are the origin under the names of the OCI image specification, which
// Flux and Argo CD show.
func (o Origin) annotations() map[string]string {
	out := map[string]string{}
	for name, value := range map[string]string{"source": o.Source, "revision": o.Revision} {
		if value != "" {
			out[ociPrefix+name] = value
		}
	}
	if !o.Created.IsZero() {
		out[ociPrefix+"created"] = o.Created.UTC().Format(time.RFC3339)
	}
	return out
}
