package addons

// StorageClass is the class of claims: gp3 volumes under our key, made in the
// zone where the pod lands. It is the cluster's default.
const StorageClass = "encrypted"

// monitoring is Prometheus, Alertmanager and Grafana for every namespace.
// Prometheus keeps five weeks, because an SLO looks back thirty days.
func (a *Args) monitoring() values {
	absent := values{"enabled": false} // AWS runs these where no scrape reaches
	return values{
		"kubeEtcd": absent, "kubeControllerManager": absent, "kubeScheduler": absent, "kubeProxy": absent,
		"prometheus": values{"prometheusSpec": values{
			"replicas": a.replicas(), "retention": "35d", "retentionSize": "45GB",
			"podAntiAffinity": "hard",
			"resources":       requests("500m", "4Gi"),
			"storageSpec":     claim("50Gi"),
			// Monitors and rules of every namespace, not of this release alone.
			"podMonitorSelectorNilUsesHelmValues":     false,
			"probeSelectorNilUsesHelmValues":          false,
			"ruleSelectorNilUsesHelmValues":           false,
			"scrapeConfigSelectorNilUsesHelmValues":   false,
			"serviceMonitorSelectorNilUsesHelmValues": false,
		}},
		"alertmanager": values{"alertmanagerSpec": values{
			"replicas": a.replicas(), "podAntiAffinity": "hard",
			"resources": requests("50m", "256Mi"),
			"storage":   claim("5Gi"),
		}},
		"grafana": values{
			// Empty: the chart draws one and keeps it in a Secret of the cluster;
			// its default is known to everybody.
			"adminPassword": "",
			"resources":     requests("100m", "512Mi"),
			"grafana.ini": values{
				"analytics": values{"check_for_updates": false, "reporting_enabled": false},
				"users":     values{"allow_sign_up": false},
			},
			"sidecar": values{"dashboards": values{"enabled": true, "searchNamespace": "ALL"}},
		},
		"prometheusOperator": values{"resources": requests("100m", "512Mi")},
	}
}

// claim is a volume of the storage class.
func claim(size string) values {
	return values{"volumeClaimTemplate": values{"spec": values{
		"storageClassName": StorageClass,
		"accessModes":      []any{"ReadWriteOnce"},
		"resources":        values{"requests": values{"storage": size}},
	}}}
}
