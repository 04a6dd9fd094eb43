package consequence

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// PreviewMarkdown describes what the stack of a pull request's preview has, for a
// comment: its namespaces, how each endpoint is reached, and what it costs. url is where
// endpoints can be reached, with NAMESPACE and ENDPOINT for their names; "" says how to
// forward a port.
func PreviewMarkdown(list []Resource, url string, p Prices) string {
	namespaces, endpoints := map[string]bool{}, map[[2]string]bool{}
	for _, r := range list {
		metadata, _ := r.Properties["metadata"].(map[string]any)
		labels, _ := metadata["labels"].(map[string]any)
		name, _ := metadata["name"].(string)
		switch kind := kindOf(r.Type); {
		case kind == "Namespace":
			namespaces[name] = true
		case kind == "Service" && labels["app.kubernetes.io/component"] == "endpoint" &&
			labels["app.kubernetes.io/name"] == name:
			namespace, _ := metadata["namespace"].(string)
			endpoints[[2]string{namespace, name}] = true
		}
	}
	var out strings.Builder
	out.WriteString("### Preview\n\n")
	for _, name := range slices.Sorted(maps.Keys(namespaces)) {
		fmt.Fprintf(&out, "- namespace %s\n", code(name))
	}
	for _, e := range slices.SortedFunc(maps.Keys(endpoints), func(a, b [2]string) int {
		return slices.Compare(a[:], b[:])
	}) {
		if url == "" {
			fmt.Fprintf(&out, "- endpoint %s: %s\n", code(e[1]),
				code(fmt.Sprintf("kubectl port-forward --namespace %s service/%s 8080:80", e[0], e[1])))
			continue
		}
		at := strings.NewReplacer("NAMESPACE", e[0], "ENDPOINT", e[1]).Replace(url)
		fmt.Fprintf(&out, "- endpoint %s: <%s>\n", code(e[1]), at)
	}
	least, most := reservedBy(list)
	fmt.Fprintf(&out, "- cost: endpoints reserve %s to %s", least, most)
	if p.HourMonth > 0 {
		fmt.Fprintf(&out, ", about %.2f to %.2f %s a day by prices of %s, without storage, traffic and training",
			p.of(least)/p.HourMonth*24, p.of(most)/p.HourMonth*24, p.Currency, p.Date)
	}
	return out.String() + "\n"
}
