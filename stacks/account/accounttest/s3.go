package accounttest

import (
	"fmt"
	"net/http"
	"strings"
)

// missing is what S3 answers where a setting was never made.
var missing = map[string]string{
	"tagging": "NoSuchTagSet", "publicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
	"encryption": "ServerSideEncryptionConfigurationNotFoundError", "lifecycle": "NoSuchLifecycleConfiguration",
	"policy": "NoSuchBucketPolicy",
}

// AddBucket makes a bucket with some settings, each as its request has it; "objects"
// holds the list of what is in it.
func (a *Account) AddBucket(name string, settings map[string]string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.buckets[name] = settings
}

// Setting returns what was last put.
func (a *Account) Setting(bucket, setting string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.buckets[bucket][setting]
}

// object answers for S3. A setting is kept as the text that was put, which has the
// form of the answer.
func (a *Account) object(w http.ResponseWriter, r *http.Request, body []byte) {
	bucket := strings.Trim(r.URL.Path, "/")
	setting := ""
	for name := range r.URL.Query() {
		if _, known := missing[name]; known || name == "versioning" {
			setting = name
		}
	}
	action := strings.TrimSpace(r.Method + " " + setting)
	a.do(r.Context(), action, s3Answer{w, r.Method}, func() (any, string) {
		settings, there := a.buckets[bucket]
		switch {
		case r.Method == http.MethodPut && setting == "":
			if there {
				return nil, "BucketAlreadyOwnedByYou"
			}
			a.buckets[bucket] = map[string]string{}
			a.change("PUT %s", bucket)
			return "", ""
		case !there:
			return nil, "NoSuchBucket"
		case r.Method == http.MethodPut:
			settings[setting] = string(body)
			a.change("%s", action)
			return "", ""
		case r.Method == http.MethodHead:
			return "", ""
		case setting == "":
			return "<ListBucketResult>" + settings["objects"] + "</ListBucketResult>", ""
		case settings[setting] == "" && missing[setting] != "":
			return nil, missing[setting]
		case setting == "versioning" && settings[setting] == "":
			return "<VersioningConfiguration/>", ""
		}
		return settings[setting], ""
	})
}

// s3Answer is S3's form: an answer to HEAD has no body, so its code is the status.
type s3Answer struct {
	w      http.ResponseWriter
	method string
}

func (s s3Answer) right(v any) {
	s.w.Header().Set("Content-Type", "application/xml")
	fmt.Fprint(s.w, v)
}

func (s s3Answer) wrong(code string) {
	s.w.WriteHeader(status(code))
	if s.method != http.MethodHead {
		fmt.Fprintf(s.w, "<Error><Code>%s</Code><Message>the test said so</Message></Error>", code)
	}
}
