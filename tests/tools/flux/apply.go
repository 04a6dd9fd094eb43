package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling"
	"github.com/fluxcd/cli-utils/pkg/kstatus/polling/engine"
	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"github.com/fluxcd/pkg/runtime/statusreaders"
	"github.com/fluxcd/pkg/ssa"
	"github.com/fluxcd/pkg/ssa/normalize"
	"github.com/fluxcd/pkg/ssa/utils"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
)

// cluster is the one of KUBECONFIG.
type cluster struct {
	client client.Client
	mapper meta.RESTMapper
}

func connect() (*cluster, error) {
	cfg, err := config.GetConfig()
	if err != nil {
		return nil, err
	}
	cfg.QPS, cfg.Burst = 200, 400
	c, err := client.New(cfg, client.Options{})
	if err != nil {
		return nil, err
	}
	return &cluster{client: c, mapper: c.RESTMapper()}, nil
}

// apply applies one Kustomization with the options of Flux' controller, and waits.
func (c *cluster) apply(ctx context.Context, k *kustomizev1.Kustomization, dir string) error {
	built, err := kustomize.SecureBuild(dir, filepath.Join(dir, filepath.FromSlash(k.Spec.Path)), false)
	if err != nil {
		return err
	}
	text, err := built.AsYaml()
	if err != nil {
		return err
	}
	objects, err := utils.ReadObjects(bytes.NewReader(text))
	if err != nil {
		return err
	}
	if err := normalize.UnstructuredList(objects); err != nil {
		return err
	}
	poller, err := c.poller(k)
	if err != nil {
		return err
	}
	manager := ssa.NewResourceManager(c.client, poller, ssa.Owner{Field: "kustomize-controller",
		Group: kustomizev1.GroupVersion.Group})
	manager.SetOwnerLabels(objects, k.Name, k.Namespace)
	options := ssa.DefaultApplyOptions()
	options.Force = k.Spec.Force
	options.ForceSelector = map[string]string{kustomizev1.GroupVersion.Group + "/force": kustomizev1.EnabledValue}
	changes, err := manager.ApplyAllStaged(ctx, objects, options)
	if err != nil {
		return err
	}
	for _, e := range changes.Entries {
		fmt.Println(k.Name, e.Subject, e.Action)
	}
	if !k.Spec.Wait {
		return nil
	}
	return manager.WaitForSet(changes.ToObjMetadataSet(), ssa.WaitOptions{Interval: time.Second,
		Timeout: k.Spec.Timeout.Duration, FailFast: true})
}

// poller asks for the health of objects by the rules of Flux and of the Kustomization.
func (c *cluster) poller(k *kustomizev1.Kustomization) (*polling.StatusPoller, error) {
	readers := []engine.StatusReader{statusreaders.NewCustomJobStatusReader(c.mapper)}
	if len(k.Spec.HealthCheckExprs) > 0 {
		own, err := cel.NewStatusReader(k.Spec.HealthCheckExprs)
		if err != nil {
			return nil, err
		}
		readers = append(readers, own(c.mapper))
	}
	return polling.NewStatusPoller(c.client, c.mapper, polling.Options{CustomStatusReaders: readers}), nil
}
