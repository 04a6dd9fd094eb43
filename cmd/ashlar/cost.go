package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/cmd/rendering"
	"github.com/ashlar-dev/ashlar/stacks/opencost"
	"github.com/ashlar-dev/ashlar/templates/consequence"
)

// costFlags say what is estimated, and what it is compared with.
type costFlags struct {
	rendering.Flags
	url, window, prices string
	tolerance           float64
}

func costVerb(a *app) *cobra.Command {
	f := &costFlags{}
	c := &cobra.Command{
		Use:   "cost [DIR...]",
		Short: "Compare the estimated cost of endpoints with what OpenCost measured",
		Long: `Cost renders the Kubernetes objects as ` + "`ashlar generate manifests`" + ` does, estimates what the
endpoints of each namespace reserve, with the fewest and with the most replicas, and
compares that with the cost of processors, GPUs and memory that OpenCost measured in the
namespace. The estimate uses the prices that ` + "`ashlar plan --base`" + ` uses. Training is not
estimated, and OpenCost measures it: give a window without it, or a higher tolerance.

The exit code is 1 where a namespace cost more than the highest estimate times the
tolerance, or less than the lowest divided by it.

DIR are the blueprints' folders (default: every blueprint under the current folder). The
program ashlar-stack renders: it must be beside ashlar or on PATH, or Go and the source
must be here.`,
		Example: `  kubectl -n opencost port-forward deployment/opencost 9003 &
  ashlar cost --env prod --config-file Pulumi.prod.yaml --opencost http://127.0.0.1:9003`,
		RunE: func(c *cobra.Command, dirs []string) error { return a.cost(c.Context(), f, dirs) },
	}
	flags := c.Flags()
	f.Add(flags, rendering.Drift)
	flags.StringVar(&f.url, "opencost", "", "base URL of OpenCost's API (required)")
	flags.StringVar(&f.window, "window", "7d", "how far back to look: 7d, 12h or 90m")
	flags.StringVar(&f.prices, "prices", "",
		"a `FILE` with your prices, in the format of templates/consequence/prices.json")
	flags.Float64Var(&f.tolerance, "tolerance", 1.5, "the factor up to which both may differ, at least 1")
	return c
}

// costs are those of a namespace in the window. Least and Most are estimates.
type costs struct {
	Namespace string  `json:"namespace"`
	Least     float64 `json:"estimate_least"`
	Most      float64 `json:"estimate_most"`
	Actual    float64 `json:"actual"`
	Ratio     float64 `json:"ratio,omitempty"` // of actual to the nearer bound, 1 between both
	Differs   bool    `json:"differs"`
}

func (a *app) cost(ctx context.Context, f *costFlags, dirs []string) error {
	prices, err := planFlags{prices: f.prices}.priceList()
	window, windowErr := opencost.Window(f.window)
	switch {
	case err != nil:
		return err
	case f.url == "":
		return usageError("cost needs the address of OpenCost: --opencost URL")
	case windowErr != nil:
		return usageError("--window: " + windowErr.Error())
	case !(f.tolerance >= 1) || math.IsInf(f.tolerance, 0):
		return usageError(fmt.Sprintf("--tolerance %g: want a factor of at least 1", f.tolerance))
	}
	reserved, err := a.reservations(ctx, f, dirs)
	if err != nil {
		return err
	}
	measured, err := opencost.Namespaces(ctx, f.url, f.window)
	if err != nil {
		return err
	}
	var all []costs
	for _, namespace := range slices.Sorted(maps.Keys(reserved)) {
		least, most := prices.Estimate(reserved[namespace])
		if most == 0 {
			continue // no endpoint
		}
		share := window.Hours() / prices.HourMonth
		one := costs{Namespace: namespace, Least: least * share, Most: most * share,
			Actual: measured[namespace].Compute()}
		one.judge(f.tolerance)
		all = append(all, one)
	}
	return a.printCosts(all, prices, f.window)
}

// judge compares the cost with the nearer bound.
func (c *costs) judge(tolerance float64) {
	c.Ratio = 1
	if c.Actual > c.Most {
		c.Ratio = c.Actual / c.Most
	} else if c.Actual < c.Least {
		c.Ratio = c.Actual / c.Least
	}
	c.Differs = c.Ratio > tolerance || c.Ratio < 1/tolerance
}

func (a *app) printCosts(all []costs, prices consequence.Prices, window string) error {
	differ := slices.ContainsFunc(all, func(c costs) bool { return c.Differs })
	if a.json() {
		if err := a.writeJSON(map[string]any{"window": window, "currency": prices.Currency,
			"namespaces": all}); err != nil {
			return err
		}
	} else {
		var rows [][]string
		for _, c := range all {
			verdict := "within tolerance"
			if c.Differs {
				verdict = "differs"
			}
			rows = append(rows, []string{c.Namespace, fmt.Sprintf("%.2f to %.2f", c.Least, c.Most),
				fmt.Sprintf("%.2f", c.Actual),
				fmt.Sprintf("%.2f", c.Ratio), verdict})
		}
		a.table([]string{"namespace", "estimate", "actual", "ratio", ""}, rows)
		fmt.Fprintf(a.out, "%s in %s; the estimate is by prices of %s\n", prices.Currency, window, prices.Date)
	}
	if differ {
		return silent{errFindings}
	}
	return nil
}

// maxManifest bounds a rendered file.
const maxManifest = 4 << 20

// reservations are the rendered workloads and autoscalers by namespace.
func (a *app) reservations(ctx context.Context, f *costFlags, dirs []string) (out map[string][]consequence.Resource,
	err error) {
	dir, err := os.MkdirTemp("", "ashlar-cost-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	asked := *a
	asked.in, asked.out = strings.NewReader(""), &bounded{}
	args := append([]string{"render", "--only=manifests", "--out=" + dir}, f.Args()...)
	if err := asked.stack(ctx, append(args, dirs...)); err != nil {
		return nil, err
	}
	out = map[string][]consequence.Resource{}
	return out, filepath.WalkDir(filepath.Join(dir, "manifests"), func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := plan.ReadFile(file, maxManifest)
		if err != nil {
			return err
		}
		var object struct {
			Kind     string
			Metadata struct{ Namespace, Name string }
			Spec     map[string]any
		}
		// Other kinds may have no such fields: they reserve nothing.
		if yaml.Unmarshal(text, &object) == nil && object.Kind != "" {
			in := cmp.Or(object.Metadata.Namespace, "cluster")
			out[in] = append(out[in], consequence.Resource{Type: ":" + object.Kind, Name: object.Metadata.Name,
				Properties: map[string]any{"metadata": map[string]any{"name": object.Metadata.Name},
					"spec": numbers(object.Spec)}})
		}
		return nil
	})
}

// numbers makes YAML's whole numbers JSON's, which prices are computed with.
func numbers(v any) any {
	switch v := v.(type) {
	case int:
		return float64(v)
	case map[string]any:
		for key, one := range v {
			v[key] = numbers(one)
		}
	case []any:
		for i, one := range v {
			v[i] = numbers(one)
		}
	}
	return v
}
