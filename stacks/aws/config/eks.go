package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The end of EKS' standard support by Kubernetes version, as the release calendar of
// the EKS user guide has it
// (https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html), looked
// up on 30 November 2026. Days begin at midnight UTC. Extended support follows for a
// year, at six times the price of a cluster; then EKS upgrades the cluster by itself.
//
// 1.36 is offered too, and is not in the list: the copies of the calendar that could
// be read say no end of it.
var calendar = map[string]time.Time{
	"1.29": date(2025, time.March, 23),
	"1.30": date(2025, time.July, 23),
	"1.31": date(2025, time.November, 26),
	"1.32": date(2026, time.March, 23),
	"1.33": date(2026, time.July, 29),
	"1.34": date(2026, time.December, 2),
	"1.35": date(2027, time.March, 27),
}

// DefaultVersion is the newest version of the calendar. It is a constant, and not
// chosen by the clock, because a cluster must not be upgraded by the passing of time.
const DefaultVersion = "1.35"

// nearing is how long before the end of support somebody is told, in days: an upgrade
// goes one minor version at a time, each with its tests.
const nearing = 90

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// Support says when standard support of the cluster's version ends, where that is
// within 90 days of the config's Now or has been; "" where there is nothing to say,
// no Now, or a cluster that exists and is looked up.
func (c Config) Support() string {
	if c.Layer != LayerFoundation || c.Now.IsZero() || c.Existing.Cluster != "" {
		return ""
	}
	note, _ := SupportOf(c.Cluster.Version, c.Now)
	if note == "" {
		return ""
	}
	return fmt.Sprintf("cluster.version %s: %s", c.Cluster.Version, note)
}

// SupportOf says what the calendar has to say of a version of Kubernetes, "" where that
// is nothing yet; over: EKS supports it no longer.
func SupportOf(v string, now time.Time) (note string, over bool) {
	end, known := calendar[v]
	if !known {
		if minor(v) < minor("1.29") {
			return "EKS no longer offers it; set a newer one, such as " + DefaultVersion, true
		}
		return "", false
	}
	extended := end.AddDate(1, 0, 0)
	switch {
	case !now.Before(extended):
		return fmt.Sprintf("extended support ended on %s, and EKS upgrades the cluster by itself; upgrade by one minor version at a time to %s",
			extended.Format(time.DateOnly), DefaultVersion), true
	case !now.Before(end):
		return fmt.Sprintf("standard support ended on %s, and a cluster costs six times as much until %s; upgrade by one minor version at a time to %s",
			end.Format(time.DateOnly), extended.Format(time.DateOnly), DefaultVersion), false
	case !now.Before(end.AddDate(0, 0, -nearing)):
		next := "a newer version"
		if v != DefaultVersion {
			next = DefaultVersion
		}
		return fmt.Sprintf("standard support ends on %s, and a cluster costs six times as much after; upgrade by one minor version at a time to %s",
			end.Format(time.DateOnly), next), false
	}
	return "", false
}

// minor is the second number of a version of Kubernetes; 0: there is none.
func minor(version string) int {
	text, _ := strings.CutPrefix(version, "1.")
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}
