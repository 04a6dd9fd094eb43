package live_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/stacks/drift"
	"github.com/ashlar-dev/ashlar/stacks/drift/live"
)

func object(t testing.TB, text string) live.Object {
	t.Helper()
	if text == "" {
		return nil
	}
	var o live.Object
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return o
}

// head begins an object of the kind with further metadata.
func head(kind, meta string) string {
	return fmt.Sprintf(`"apiVersion": "v1", "kind": %q, "metadata": {"name": "x", "namespace": "n"%s}`, kind, meta)
}

// managed is an entry of managedFields.
func managed(manager, operation, fields string) string {
	return fmt.Sprintf(`{"manager": %q, "operation": %q, "time": "2026-11-30T10:00:00Z", "fieldsV1": %s}`,
		manager, operation, fields)
}

// lines are the findings in short.
func lines(all []drift.Finding) string {
	var out []string
	for _, f := range all {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %s>%s %s", f.Class, f.Change,
			f.Path, f.Expected, f.Found,
			f.By)))
	}
	return strings.Join(out, "\n")
}

const pod = `{"template": {"spec": {"containers": [{"name": "ashlar", "image": "a:1", "ports": [{"containerPort": 80}],
	"resources": {"requests": {"cpu": "1000m"}}, "env": [{"name": "A", "value": "1"}]}]}}}`

// Each case is a rendered object, the live one, and what is found by comparing them
// directly and, where the dry run is given, with it.
var changes = map[string]struct{ rendered, live, applied, want string }{
	"nothing": {
		`{` + head("Deployment", "") + `, "spec": ` + pod + `}`,
		`{` + head("Deployment", `, "uid": "1", "resourceVersion": "2"`) + `, "spec": ` +
			strings.Replace(pod, `"1000m"`, `"1"`, 1) + `, "status": {"replicas": 1}}`, "", "",
	},
	"a default": {
		`{` + head("Deployment", "") + `, "spec": {"paused": false}}`,
		`{` + head("Deployment", "") + `, "spec": {"paused": false, "progressDeadlineSeconds": 600}}`, "", "",
	},
	"an image": {
		`{` + head("Deployment", "") + `, "spec": ` + pod + `}`,
		`{` + head("Deployment", `, "managedFields": [`+managed("kubectl-edit", "Update",
			`{"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"ashlar\"}": {"f:image": {}}}}}}}`)+
			`]`) +
			`, "spec": ` + strings.Replace(pod, "a:1", "b:2", 1) + `}`, "",
		`security changed spec.template.spec.containers[name=ashlar].image "a:1">"b:2" kubectl-edit`,
	},
	"the value of a variable is hidden": {
		`{` + head("Deployment", "") + `, "spec": ` + pod + `}`,
		`{` + head("Deployment", "") + `, "spec": ` +
			strings.Replace(pod, `"value": "1"`, `"value": "hunter2"`, 1) + `}`, "",
		`security changed spec.template.spec.containers[name=ashlar].env[name=A].value (hidden)>(hidden)`,
	},
	"a container": {
		`{` + head("Deployment", "") + `, "spec": ` + pod + `}`,
		`{` + head("Deployment", `, "managedFields": [`+managed("kubectl-patch", "Update",
			`{"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"evil\"}": {".": {}, "f:name": {}, "f:image": {}}}}}}}`)+`]`) +
			`, "spec": ` + strings.Replace(pod, `[{"name": "ashlar"`,
			`[{"name": "evil", "image": "e:1", "env": [{"name": "T", "value": "hunter2"}]}, {"name": "ashlar"`, 1) +
			`}`, "",
		`security added spec.template.spec.containers[name=evil] >{"env":[{"name":"T","value":"(hidden)"}],"image":"e:1","name":"evil"} kubectl-patch`,
	},
	"a port, whose protocol is the default": {
		`{` + head("Deployment", "") + `, "spec": ` + pod + `}`,
		`{` + head("Deployment", `, "managedFields": [`+managed("x", "Update",
			`{"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"ashlar\"}": {"f:ports": {".": {}, "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}}}}}}}`)+`]`) +
			`, "spec": ` + strings.Replace(pod, `{"containerPort": 80}`,
			`{"containerPort": 80, "protocol": "TCP"}`, 1) + `}`,
		"", "",
	},
	"a rule of a policy that denies all": {
		`{` + head("NetworkPolicy", "") + `, "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}`,
		`{` + head("NetworkPolicy", `, "managedFields": [`+
			managed("kubectl-edit", "Update", `{"f:spec": {"f:ingress": {}}}`)+`]`) +
			`, "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{}]}}`, "",
		`security added spec.ingress >[{}] kubectl-edit`,
	},
	"a rule of a role": {
		`{` + head("Role", "") + `, "rules": [{"verbs": ["get"], "resources": ["pods"]}]}`,
		`{` + head("Role", "") + `, "rules": [{"verbs": ["get"], "resources": ["pods"]}, {"verbs": ["*"], "resources": ["*"]}]}`,
		"", `security added rules >[{"resources":["*"],"verbs":["*"]}]`,
	},
	"a subject": {
		`{` + head("RoleBinding", "") + `, "subjects": [{"kind": "ServiceAccount", "name": "a"}]}`,
		`{` + head("RoleBinding", "") + `, "subjects": [{"kind": "ServiceAccount", "name": "b"}]}`, "",
		"security removed subjects[name=a] {\"kind\":\"ServiceAccount\",\"name\":\"a\"}>",
	},
	"a label that lowers pod security": {
		`{` + head("Namespace", `, "labels": {"a": "b"}`) + `}`,
		`{` + head("Namespace", `, "labels": {"a": "b", "pod-security.kubernetes.io/warn": "x"}, "managedFields": [`+
			managed("kubectl-label", "Update",
				`{"f:metadata": {"f:labels": {"f:pod-security.kubernetes.io/warn": {}}}}`)+`]`) + `}`,
		"", `security added metadata.labels[pod-security.kubernetes.io/warn] >"x" kubectl-label`,
	},
	"another label": {
		`{` + head("Namespace", `, "labels": {"a": "b"}`) + `}`,
		`{` + head("Namespace", `, "labels": {"a": "c"}`) + `}`, "", `benign changed metadata.labels.a "b">"c"`,
	},
	"an autoscaled number of pods": {
		`{` + head("Deployment", "") + `, "spec": {"paused": false}}`,
		`{` + head("Deployment", `, "managedFields": [`+managed("kube-controller-manager", "Update",
			`{"f:spec": {"f:replicas": {}}}`)+`]`) + `, "spec": {"paused": false, "replicas": 5}}`, "", "",
	},
	"pods that KEDA has removed": {
		`{` + head("Rollout", "") + `, "spec": {"paused": false}}`,
		`{` + head("Rollout", `, "managedFields": [`+managed("keda", "Update",
			`{"f:spec": {"f:replicas": {}}}`)+`]`) + `, "spec": {"paused": false, "replicas": 0}}`, "", "",
	},
	"the label by which KEDA finds a scaler": {
		`{` + head("ScaledObject", `, "labels": {"a": "b"}`) + `}`,
		`{` + head("ScaledObject", `, "labels": {"a": "b", "scaledobject.keda.sh/name": "x"}, "managedFields": [`+
			managed("keda", "Update", `{"f:metadata": {"f:labels": {"f:scaledobject.keda.sh/name": {}}}}`)+`]`) + `}`,
		"", "",
	},
	"who calls himself a controller": {
		`{` + head("Deployment", "") + `, "spec": {"paused": false}}`,
		`{` + head("Deployment", `, "managedFields": [`+managed("kube-controller-manager", "Update",
			`{"f:spec": {"f:template": {"f:spec": {"f:hostNetwork": {}}}}}`)+`]`) +
			`, "spec": {"paused": false, "template": {"spec": {"hostNetwork": true}}}}`, "",
		`security added spec.template.spec.hostNetwork >true kube-controller-manager`,
	},
	"a number of pods": {
		`{` + head("Deployment", "") + `, "spec": {"replicas": 2}}`, `{` + head("Deployment", "") +
			`, "spec": {"replicas": 9}}`,
		"", `cost changed spec.replicas 2>9`,
	},
	"a suspended schedule": {
		`{` + head("CronJob", "") + `, "spec": {"suspend": false}}`, `{` + head("CronJob", "") +
			`, "spec": {"suspend": true}}`,
		"", `data changed spec.suspend false>true`,
	},
	"an object that is gone": {`{` + head("Service", "") + `}`, "", "", `security missing  >`},
	"a job that has ended":   {`{` + head("Job", "") + `, "spec": {"ttlSecondsAfterFinished": 60}}`, "", "", ""},
	"an unknown value": {
		`{` + head("ConfigMap", "") + `, "data": {"a": "${address}", "b": "1"}}`,
		`{` + head("ConfigMap", "") + `, "data": {"a": "10.0.0.1", "b": "2"}}`, "", `security changed data.b "1">"2"`,
	},
	"an unknown value and a dry run": {
		`{` + head("ConfigMap", "") + `, "data": {"a": "${address}", "b": "1"}}`,
		`{` + head("ConfigMap", "") + `, "data": {"a": "10.0.0.1", "b": "2"}}`,
		`{` + head("ConfigMap", "") + `, "data": {"a": "${address}", "b": "1"}}`, `security changed data.b "1">"2"`,
	},
	"a dry run that restores defaults": {
		`{` + head("Service", "") + `, "spec": {"type": "ClusterIP"}}`,
		`{` + head("Service", "") + `, "spec": {"type": "LoadBalancer", "x": 1}}`,
		`{` + head("Service", "") + `, "spec": {"type": "ClusterIP", "x": 1}}`,
		`security changed spec.type "ClusterIP">"LoadBalancer"`,
	},
	"a field that is gone": {
		`{` + head("Service", "") + `, "spec": {"selector": {"a": "b"}}}`, `{` + head("Service", "") + `, "spec": {}}`,
		`{` + head("Service", "") + `, "spec": {"selector": {"a": "b"}}}`, `security removed spec.selector {"a":"b"}>`,
	},
	"the books of a deployer": {
		`{` + head("Service", `, "annotations": {"argocd.argoproj.io/sync-wave": "3"}`) + `}`,
		`{` + head("Service", `, "annotations": {"pulumi.com/patchForce": "true"}, "managedFields": [`+managed("pulumi",
			"Apply", `{"f:metadata": {"f:annotations": {"f:pulumi.com/patchForce": {}}}}`)+`]`) + `}`, "", "",
	},
	"defaults of who creates without server-side apply": {
		`{` + head("Service", "") + `, "spec": {"type": "ClusterIP"}}`,
		`{` + head("Service", `, "managedFields": [`+managed("kubectl-create", "Update",
			`{"f:spec": {"f:type": {}, "f:sessionAffinity": {}}}`)+`]`) +
			`, "spec": {"type": "ClusterIP", "sessionAffinity": "None"}}`,
		"", "",
	},
	"what another apply added": {
		`{` + head("Service", "") + `, "spec": {"type": "ClusterIP"}}`,
		`{` + head("Service", `, "managedFields": [`+managed("kubectl", "Apply",
			`{"f:spec": {"f:type": {}, "f:externalIPs": {}}}`)+`]`) +
			`, "spec": {"type": "ClusterIP", "externalIPs": ["1.2.3.4"]}}`,
		"", `security added spec.externalIPs >["1.2.3.4"] kubectl`,
	},
	"a Secret's value": {
		`{` + head("Secret", `, "labels": {"a": "b"}`) + `, "type": "Opaque", "stringData": {"k": "hunter1"}}`,
		`{` + head("Secret", `, "labels": {"a": "b"}, "managedFields": [`+managed("deployer", "Apply",
			`{"f:metadata": {"f:labels": {"f:a": {}}}, "f:stringData": {"f:k": {}}, "f:type": {}}`)+`,`+
			managed("kubectl-edit", "Update", `{"f:data": {"f:k": {}}}`)+`]`) +
			`, "type": "Opaque", "data": {"k": "aHVudGVyMg=="}}`,
		"", `security changed data.k (hidden)>(hidden) kubectl-edit`,
	},
	"a Secret's value of the stack": {
		`{` + head("Secret", "") + `, "type": "Opaque", "stringData": {"k": "hunter1"}}`,
		`{` + head("Secret", "") + `, "type": "Opaque", "data": {"k": "aHVudGVyMg=="}}`, "", "",
	},
	"a key of a Secret": {
		`{` + head("Secret", "") + `, "type": "Opaque", "stringData": {"k": "hunter1"}}`,
		`{` + head("Secret", `, "managedFields": [`+
			managed("kubectl-edit", "Update", `{"f:data": {"f:more": {}}}`)+`]`) +
			`, "type": "Opaque", "data": {"k": "aHVudGVyMg==", "more": "aHVudGVyMw=="}}`, "",
		`security added data.more >(hidden) kubectl-edit`,
	},
}

func TestEachKindOfChangeIsFound(t *testing.T) {
	for name, c := range changes {
		t.Run(name, func(t *testing.T) {
			found := live.Compare(live.Prepared(object(t, c.rendered)), object(t, c.live), object(t, c.applied))
			if got := lines(found); got != c.want {
				t.Errorf("found\n%s\nwant\n%s", got, c.want)
			}
			text, _ := json.Marshal(found)
			for _, secret := range []string{"hunter", "aHVudGVy"} {
				if strings.Contains(string(text), secret) {
					t.Errorf("a finding tells a secret: %s", text)
				}
			}
			for _, f := range found {
				if f.Why == "" || f.Advice == "" || f.Object == "" {
					t.Errorf("a finding says too little: %+v", f)
				}
			}
		})
	}
}

// TestAdviceTellsWhatApplyingTakesBack: a rule that the API server would take back, and
// one in a field that the program does not set.
func TestAdviceTellsWhatApplyingTakesBack(t *testing.T) {
	role := `{` + head("Role", "") + `, "rules": [%s]}`
	one := live.Compare(object(t, fmt.Sprintf(role, "1")), object(t, fmt.Sprintf(role, "1, 2")),
		object(t, fmt.Sprintf(role, "1")))
	other := live.Compare(object(t, `{`+head("Service", "")+`}`), object(t, `{`+head("Service", `, "managedFields": [`+
		managed("x", "Update", `{"f:spec": {"f:externalName": {}}}`)+`]`)+`, "spec": {"externalName": "y"}}`), nil)
	if len(one) != 1 || !strings.HasPrefix(one[0].Advice, "deploy again, which sets it back") {
		t.Errorf("a rule of a role: %+v", one)
	}
	if len(other) != 1 || !strings.HasPrefix(other[0].Advice, "deploying again does not remove it") {
		t.Errorf("a field that the program does not set: %+v", other)
	}
}

// FuzzCompare: whatever the objects are, comparing ends, and an object that is as it was
// rendered has no findings.
func FuzzCompare(f *testing.F) {
	f.Add([]byte(`{`+head("Deployment", "")+`, "spec": `+pod+`}`), []byte(`{}`), []byte(`null`))
	f.Add([]byte(`{"kind": "Secret", "data": {"a": 1}, "stringData": []}`),
		[]byte(`{"metadata": {"managedFields": [1, {"fieldsV1": {"f:a": {"k:{}": {}}}}]}}`),
		[]byte(`{"metadata": []}`))
	f.Add([]byte(`{"kind": "X", "a": [{"name": "b"}, {"name": "b"}], "c": [1, [2], null]}`),
		[]byte(`{"metadata": {"managedFields": [{"manager": "m", "operation": "Update", "fieldsV1": {"f:a": {"v:1": {}, "i:7": {}, ".": {}}}}]}, "a": [1]}`),
		[]byte(`{"a": {"name": "b"}}`))
	f.Fuzz(func(t *testing.T, rendered, there, applied []byte) {
		var objects [3]live.Object
		for i, text := range [][]byte{rendered, there, applied} {
			if json.Unmarshal(text, &objects[i]) != nil {
				return
			}
		}
		o := live.Prepared(objects[0])
		for _, one := range live.Compare(o, objects[1], objects[2]) {
			if one.Class == "" || one.Change == "" {
				t.Errorf("unclassified: %+v", one)
			}
		}
		if o != nil && o["metadata"] == nil {
			if found := live.Compare(o, o, o); len(found) > 0 {
				t.Errorf("an object differs from itself: %+v", found)
			}
			if found := live.Compare(o, o, nil); len(found) > 0 {
				t.Errorf("an object differs from itself without a dry run: %+v", found)
			}
		}
	})
}
