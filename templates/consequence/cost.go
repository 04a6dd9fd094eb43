package consequence

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Prices are what reserved compute costs: an estimate to compare by, not a bill.
type Prices struct {
	Date      string  `json:"date"`
	Source    string  `json:"source"`
	Currency  string  `json:"currency"`
	CPUHour   float64 `json:"cpu_hour"` // a virtual processor for an hour
	GiBHour   float64 `json:"gib_hour"` // of memory
	HourMonth float64 `json:"hours_month"`
}

//go:embed prices.json
var listPrices []byte

// ListPrices are the ones that ship.
func ListPrices() (Prices, error) { return ReadPrices(strings.NewReader(string(listPrices))) }

// ReadPrices reads the user's prices, in the form of prices.json.
// At most 1 MiB is read, and unknown fields are errors: a misspelt one would count
// as a price of 0. The condition is written so that NaN fails too.
func ReadPrices(r io.Reader) (Prices, error) {
	var p Prices
	d := json.NewDecoder(io.LimitReader(r, 1<<20))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, fmt.Errorf("prices: %w", err)
	}
	if !(p.CPUHour >= 0 && p.GiBHour >= 0 && p.HourMonth > 0) || p.Currency == "" || p.Date == "" {
		return p, fmt.Errorf("prices: date, currency, cpu_hour, gib_hour and hours_month are all needed, and none is negative")
	}
	return p, nil
}

// reserved is what endpoints keep for themselves.
type reserved struct{ cpu, gib float64 }

// cost compares what endpoints reserve, with as few replicas as they may have
// and with as many.
// Training, storage and traffic are left out, as the plan does not say how much of
// them there will be.
func (c *comparer) cost() {
	wasLeast, wasMost := reservedBy(c.base.Resources)
	isLeast, isMost := reservedBy(c.head.Resources)
	if wasLeast == isLeast && wasMost == isMost {
		return
	}
	p := c.prices
	message := fmt.Sprintf("endpoints reserve %s to %s, was %s to %s", isLeast, isMost, wasLeast, wasMost)
	if p.HourMonth > 0 {
		message += fmt.Sprintf(": about %+.0f to %+.0f %s a month by prices of %s, without storage, traffic and training",
			p.of(isLeast)-p.of(wasLeast), p.of(isMost)-p.of(wasMost), p.Currency, p.Date)
	}
	c.add(Infra, "cost", Changed, message, nil)
}

func (r reserved) String() string { return fmt.Sprintf("%.3g CPU and %.3g GiB", r.cpu, r.gib) }

// of is a month's price.
func (p Prices) of(r reserved) float64 { return (r.cpu*p.CPUHour + r.gib*p.GiBHour) * p.HourMonth }

// boundsOf are the fields of autoscalers for the fewest and the most replicas, by kind.
var boundsOf = map[string][2]string{"HorizontalPodAutoscaler": {"minReplicas", "maxReplicas"},
	"ScaledObject": {"minReplicaCount", "maxReplicaCount"}}

// reservedBy adds up what the containers of endpoints ask for, a replica each.
// CPU is in virtual processors and memory in GiB. An autoscaler's bounds replace the
// workload's own number of replicas; both are zero where nobody says one.
func reservedBy(list []Resource) (least, most reserved) {
	scale := map[string][2]float64{}
	for _, r := range list {
		bounds, scales := boundsOf[kindOf(r.Type)]
		if spec, ok := r.Properties["spec"].(map[string]any); ok && scales {
			target, _ := spec["scaleTargetRef"].(map[string]any)
			low, _ := spec[bounds[0]].(float64)
			high, _ := spec[bounds[1]].(float64)
			scale[fmt.Sprint(target["kind"], " ", target["name"])] = [2]float64{low, high}
		}
	}
	for _, r := range list {
		kind := kindOf(r.Type)
		if kind != "Rollout" && kind != "Deployment" {
			continue
		}
		spec, _ := r.Properties["spec"].(map[string]any)
		metadata, _ := r.Properties["metadata"].(map[string]any)
		replicas, _ := spec["replicas"].(float64)
		between, scaled := scale[fmt.Sprint(kind, " ", metadata["name"])]
		if !scaled {
			between = [2]float64{replicas, replicas}
		}
		one := podRequests(spec)
		least = reserved{least.cpu + one.cpu*between[0], least.gib + one.gib*between[0]}
		most = reserved{most.cpu + one.cpu*between[1], most.gib + one.gib*between[1]}
	}
	return least, most
}

// podRequests are what one pod asks for, all its containers together. Containers that
// run before others start are not counted.
func podRequests(spec map[string]any) (out reserved) {
	template, _ := spec["template"].(map[string]any)
	pod, _ := template["spec"].(map[string]any)
	containers, _ := pod["containers"].([]any)
	for _, one := range containers {
		container, _ := one.(map[string]any)
		resources, _ := container["resources"].(map[string]any)
		requests, _ := resources["requests"].(map[string]any)
		out.cpu += quantity(requests["cpu"])
		out.gib += quantity(requests["memory"]) / (1 << 30)
	}
	return out
}

// quantity reads Kubernetes' quantities as far as the workloads use them.
// One that does not read counts as 0; the API server would refuse it.
func quantity(v any) float64 {
	text, _ := v.(string)
	for suffix, factor := range map[string]float64{"m": 1e-3, "Ki": 1 << 10, "Mi": 1 << 20,
		"Gi": 1 << 30, "Ti": 1 << 40} {
		if n, ok := strings.CutSuffix(text, suffix); ok {
			f, _ := strconv.ParseFloat(n, 64)
			return f * factor
		}
	}
	f, _ := strconv.ParseFloat(text, 64)
	return f
}
