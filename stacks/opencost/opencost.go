// Package opencost asks OpenCost what namespaces have cost. OpenCost multiplies what pods
// reserved or used by the prices of the nodes that they ran on; Kubecost answers the same
// questions.
package opencost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/outbound"
)

const (
	patience  = 2 * time.Minute // OpenCost computes a long window while it is asked
	maxAnswer = 32 << 20        // bytes
)

// Allocation is what one namespace has cost in a window, in OpenCost's currency.
type Allocation struct {
	Name    string  `json:"name"`
	Minutes float64 `json:"minutes"` // for which there was anything in it
	CPU     float64 `json:"cpuCost"`
	GPU     float64 `json:"gpuCost"`
	RAM     float64 `json:"ramCost"`
	Total   float64 `json:"totalCost"` // with storage, network and load balancers
}

// Compute is the cost of processors, GPUs and memory.
func (a Allocation) Compute() float64 { return a.CPU + a.GPU + a.RAM }

// window is a duration that OpenCost takes; its other forms, such as "lastweek", do not
// say how long they are.
var windowForm = regexp.MustCompile(`^[1-9][0-9]{0,4}[mhd]$`)

// Window is the length of a window such as 7d, 12h or 90m.
func Window(text string) (time.Duration, error) {
	if !windowForm.MatchString(text) {
		return 0, fmt.Errorf("window %q: write it as 7d, 12h or 90m", text)
	}
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}
	n, err := strconv.Atoi(text[:len(text)-1])
	return time.Duration(n) * units[text[len(text)-1]], err
}

// Namespaces returns the costs of a window that ends now, by namespace.
func Namespaces(ctx context.Context, base, window string) (map[string]Allocation, error) {
	at, err := url.Parse(strings.TrimSuffix(base, "/") + "/allocation/compute")
	if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		return nil, fmt.Errorf("OpenCost %q: want a URL such as http://127.0.0.1:9003", base)
	}
	at.RawQuery = url.Values{"window": {window}, "aggregate": {"namespace"}, "accumulate": {"true"}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("OpenCost: %w", err)
	}
	answer, err := outbound.Client(outbound.Config{Timeout: patience}).Do(request)
	if err != nil {
		return nil, fmt.Errorf("OpenCost at %s does not answer: %w", at.Host, err)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return nil, fmt.Errorf("OpenCost at %s: %w", at.Host, err)
	}
	if len(text) > maxAnswer {
		return nil, fmt.Errorf("OpenCost at %s: the answer is larger than %d MiB", at.Host, maxAnswer>>20)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("OpenCost at %s answers %s; its API is on port 9003", at.Host, answer.Status)
	}
	return read(text)
}

// read adds up the steps of an answer.
func read(text []byte) (map[string]Allocation, error) {
	var answer struct {
		Code    int                     `json:"code"`
		Message string                  `json:"message"`
		Data    []map[string]Allocation `json:"data"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, fmt.Errorf("OpenCost: the answer is not an allocation: %w", err)
	}
	if answer.Code != http.StatusOK {
		return nil, fmt.Errorf("OpenCost: code %d: %.200s", answer.Code, answer.Message)
	}
	out := map[string]Allocation{}
	for _, step := range answer.Data {
		for name, a := range step {
			if a.CPU < 0 || a.GPU < 0 || a.RAM < 0 || a.Total < 0 {
				return nil, fmt.Errorf("OpenCost: namespace %q has a negative cost", name)
			}
			sum := out[name]
			out[name] = Allocation{name, sum.Minutes + a.Minutes, sum.CPU + a.CPU, sum.GPU + a.GPU, sum.RAM + a.RAM,
				sum.Total + a.Total}
		}
	}
	return out, nil
}
