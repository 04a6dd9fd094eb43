package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/runtime/judge"
	"github.com/ashlar-dev/ashlar/runtime/judge/peers"
	"github.com/ashlar-dev/ashlar/runtime/outbound"
)

// The variables of a pod whose version is judged: the host whose addresses are those of
// all pods of the endpoint with their port, the hash of this pod's template, the
// latencies in seconds that analyses ask about, as 0.05,0.2, and where one asks how far
// versions agree, by how much predictions of a number may differ.
const (
	envPods       = "ASHLAR_RELEASE_PODS"
	envHash       = "ASHLAR_POD_TEMPLATE_HASH"
	envThresholds = "ASHLAR_RELEASE_THRESHOLDS"
	envTolerance  = "ASHLAR_RELEASE_TOLERANCE"
)

// onePod is how long one pod has to say what it has counted.
const onePod = 2 * time.Second

// judging is what counts the requests of a pod and answers for them; empty where no
// roll-out asks.
type judging struct {
	answered func(seconds float64, failed bool)
	handler  http.Handler
}

// judged is made of the pod's variables. compared are the rows that its version and the
// one before have been asked.
func (a *app) judged(compared func() judge.Pairs) (judging, error) {
	host, port, err := net.SplitHostPort(a.getenv(envPods))
	if a.getenv(envPods) == "" {
		return judging{}, nil
	}
	if err != nil {
		return judging{}, fmt.Errorf("%s: %w", envPods, err)
	}
	var thresholds []float64
	for text := range strings.SplitSeq(a.getenv(envThresholds), ",") {
		if text == "" {
			continue
		}
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return judging{}, fmt.Errorf("%s: %q is not a number of seconds", envThresholds, text)
		}
		thresholds = append(thresholds, seconds)
	}
	counts, err := judge.NewRecorder(thresholds)
	if err != nil {
		return judging{}, fmt.Errorf("%s: %w", envThresholds, err)
	}
	own := func() *judge.Observations {
		o := counts.Observations()
		o.Pairs = compared()
		return o
	}
	handler, err := peers.New(peers.Config{
		Hash: a.getenv(envHash), Own: own, Client: outbound.Client(outbound.Config{Timeout: onePod}),
		Pods: func(ctx context.Context) ([]string, error) { return addresses(ctx, host, port) },
	})
	if err != nil {
		return judging{}, fmt.Errorf("%s: %w", envHash, err)
	}
	return judging{handler: handler, answered: func(seconds float64, failed bool) {
		counts.Answered(judge.Challenger, seconds, failed)
	}}, nil
}

// addresses are the URLs of the pods behind a headless Service.
func addresses(ctx context.Context, host, port string) ([]string, error) {
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(found))
	for i, ip := range found {
		out[i] = "http://" + net.JoinHostPort(ip.Unmap().String(), port)
	}
	return out, nil
}

// tolerance is nil where no analysis asks how far versions agree.
func (a *app) tolerance() (*float64, error) {
	text := a.getenv(envTolerance)
	if text == "" {
		return nil, nil
	}
	t, err := strconv.ParseFloat(text, 64)
	if err != nil || !(t >= 0) {
		return nil, fmt.Errorf("%s: %q is not a number of 0 or more", envTolerance, text)
	}
	return &t, nil
}
