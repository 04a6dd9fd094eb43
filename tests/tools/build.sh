#!/usr/bin/env bash
# Builds what tests/engine runs, the Pulumi CLI and its Go language host, each
# from a module of its own, and the S3 server of tests/cluster, into
# ASHLAR_TEST_TOOLS (default: ashlar-tools in the user's cache folder). With
# ASHLAR_TEST_BUILD_ENFORCER=1 it builds kube-router too, for `make networkpolicies`,
# with ASHLAR_TEST_BUILD_PROVIDER=1 Pulumi's Kubernetes provider, for `make teams`,
# with ASHLAR_TEST_BUILD_FLUX=1 what delivers a bundle as Flux does, and with
# ASHLAR_TEST_BUILD_ARGOCD=1 what delivers it as Argo CD does, for `make delivery`,
# with ASHLAR_TEST_BUILD_KUEUE=1 Kueue's controller, for `make queues`, and with
# ASHLAR_TEST_BUILD_TRAEFIK=1 Traefik, for `make routes`.
# What is there already and of the version asked for is left alone. A cold build
# takes seven minutes or so.
set -euo pipefail
cd "$(dirname "$0")"
out=${ASHLAR_TEST_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/ashlar-tools}
mkdir -p "$out"

# build FOLDER NAME PACKAGE
build() {
  local stamp="$out/.$2.version"
  local version
  version=$(sha256sum "$1/go.mod" "$1/go.sum" $(ls "$1"/*.go 2>/dev/null) | sha256sum | cut -c1-16)
  if [ -x "$out/$2" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$version" ]; then
    echo "$2 is there: $out/$2"
    return
  fi
  echo "building $2 into $out"
  CGO_ENABLED=0 "${GO:-go}" build -C "$1" -trimpath -o "$out/$2" "$3"
  echo "$version" >"$stamp"
}

build language pulumi-language-go github.com/pulumi/pulumi/sdk/v3/go/pulumi-language-go
build pulumi pulumi github.com/pulumi/pulumi/pkg/v3/cmd/pulumi

# install NAME PACKAGE VERSION is for a module whose own go.mod settles its build.
install() {
  local stamp="$out/.$1.version"
  if [ -x "$out/$1" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$3" ]; then
    echo "$1 is there: $out/$1"
    return
  fi
  echo "building $1 into $out"
  CGO_ENABLED=0 GOBIN="$out" "${GO:-go}" install -trimpath "$2@$3"
  echo "$3" >"$stamp"
}

install versitygw github.com/versity/versitygw/cmd/versitygw v1.8.0
# Its network policy controller is what tests/cluster enforces policies with: five
# minutes of one core when nothing of it is in the build cache.
[ "${ASHLAR_TEST_BUILD_ENFORCER:-}" != 1 ] || install kube-router github.com/cloudnativelabs/kube-router/v2/cmd/kube-router v2.1.0

# controller builds a controller of Flux and keeps its CRDs. Its go.mod replaces the
# module of its API by a folder that its archive leaves out. Its library of artifacts is
# one patch version older: the proxy does not have every one.
controller() {
  local module=github.com/fluxcd/$1 source
  if [ -x "$out/$1" ] && [ "$(cat "$out/.$1.version" 2>/dev/null)" = "$2" ]; then
    echo "$1 is there: $out/$1"
    return
  fi
  echo "building $1 into $out"
  source=$(mktemp -d)
  cp -r "$(cd "$source" && GOFLAGS=-mod=mod "${GO:-go}" mod download -json "$module@$2" | jq -r .Dir)/." "$source"
  chmod -R u+w "$source"
  "${GO:-go}" mod edit -dropreplace "$module/api" \
    -replace github.com/fluxcd/pkg/artifact=github.com/fluxcd/pkg/artifact@v0.18.0 "$source/go.mod"
  CGO_ENABLED=0 "${GO:-go}" build -C "$source" -mod=mod -trimpath -ldflags "-s -w" -o "$out/$1" .
  rm -rf "$out/$1-crds"
  cp -r "$source/config/crd/bases" "$out/$1-crds"
  rm -rf "$source"
  echo "$2" >"$out/.$1.version"
}

# Flux' and Argo CD's libraries: five minutes of one core when nothing of them is in the
# build cache. Flux' controllers: twelve minutes of one core.
if [ "${ASHLAR_TEST_BUILD_FLUX:-}" = 1 ]; then
  build flux flux-apply .
  controller source-controller v1.9.6
  controller kustomize-controller v1.9.6
fi

# argocd builds Argo CD, whose controller and repository server are one program, and
# keeps its CRDs. Its page is not part of its module, and is left out.
argocd() {
  local module=github.com/argoproj/argo-cd/v3 version=v3.2.1 source
  if [ -x "$out/argocd" ] && [ "$(cat "$out/.argocd.version" 2>/dev/null)" = "$version" ]; then
    echo "argocd is there: $out/argocd"
    return
  fi
  echo "building argocd into $out"
  source=$(mktemp -d)
  cp -r "$(cd "$source" && GOFLAGS=-mod=mod "${GO:-go}" mod download -json "$module@$version" | jq -r .Dir)/." "$source"
  chmod -R u+w "$source"
  CGO_ENABLED=0 "${GO:-go}" build -C "$source" -mod=mod -trimpath -ldflags "-s -w" -o "$out/argocd" ./cmd
  rm -rf "$out/argocd-crds"
  cp -r "$source/manifests/crds" "$out/argocd-crds"
  rm -rf "$source"
  echo "$version" >"$out/.argocd.version"
}

if [ "${ASHLAR_TEST_BUILD_ARGOCD:-}" = 1 ]; then
  argocd
  install kustomize sigs.k8s.io/kustomize/kustomize/v5 v5.7.1 # it renders an Application's folder
fi

# kueue installs Kueue's controller, and the manifests that its version comes with: six
# minutes when nothing of it is in the build cache.
kueue() {
  local version=v0.17.0 dir
  install kueue sigs.k8s.io/kueue/cmd/kueue "$version"
  [ "$(cat "$out/kueue-config/.version" 2>/dev/null)" != "$version" ] || return 0
  dir=$(cd "$out" && GOFLAGS=-mod=mod "${GO:-go}" mod download -json "sigs.k8s.io/kueue@$version" | jq -r .Dir)
  rm -rf "$out/kueue-config"
  cp -r "$dir/config" "$out/kueue-config"
  chmod -R u+w "$out/kueue-config"
  echo "$version" >"$out/kueue-config/.version"
}

[ "${ASHLAR_TEST_BUILD_KUEUE:-}" != 1 ] || kueue

# traefik builds the data plane that divides requests in tests/cluster, and keeps its
# CRDs. Its go.mod has replacements,
# which are its own folder's to use: eleven minutes of two cores when nothing of it is in
# the build cache.
traefik() {
  local module=github.com/traefik/traefik/v3 version=v3.6.1 source
  if [ -x "$out/traefik" ] && [ "$(cat "$out/.traefik.version" 2>/dev/null)" = "$version" ]; then
    echo "traefik is there: $out/traefik"
    return
  fi
  echo "building traefik into $out"
  source=$(mktemp -d)
  cp -r "$(cd "$source" && GOFLAGS=-mod=mod "${GO:-go}" mod download -json "$module@$version" | jq -r .Dir)/." "$source"
  chmod -R u+w "$source"
  CGO_ENABLED=0 "${GO:-go}" build -C "$source" -mod=mod -trimpath -ldflags "-s -w" -o "$out/traefik" ./cmd/traefik
  rm -rf "$out/traefik-crds"
  mkdir "$out/traefik-crds"
  cp "$source"/docs/content/reference/dynamic-configuration/traefik.io_*.yaml "$out/traefik-crds"
  rm -rf "$source"
  echo "$version" >"$out/.traefik.version"
}

[ "${ASHLAR_TEST_BUILD_TRAEFIK:-}" != 1 ] || traefik

# provider builds Pulumi's Kubernetes provider, whose released versions are no Go
# modules: it embeds its schema with the version that it says it is. Twenty minutes of
# one core when nothing of it is in the build cache.
provider() {
  local module=github.com/pulumi/pulumi-kubernetes/provider/v4
  local name=pulumi-resource-kubernetes commit=v4.0.0-20260115033456-f47bc2d6f199 version=4.23.0
  local stamp="$out/.$name.version"
  if [ -x "$out/$name" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$commit" ]; then
    echo "$name is there: $out/$name"
    return
  fi
  echo "building $name into $out"
  local source
  source=$(mktemp -d)
  cp -r "$(cd "$source" && GOFLAGS=-mod=mod "${GO:-go}" mod download -json "$module@$commit" | jq -r .Dir)/." "$source"
  chmod -R u+w "$source"
  (
    cd "$source"
    "${GO:-go}" mod edit -dropreplace github.com/pulumi/pulumi-kubernetes/sdk/v4
    cd cmd/pulumi-resource-kubernetes
    jq -c --arg v "$version" '.version = $v' schema.json >schema-embed.json
    jq -c . terraform-mapping.json >terraform-mapping-embed.json
    CGO_ENABLED=0 "${GO:-go}" build -mod=mod -trimpath \
      -ldflags "-s -w -X $module/pkg/version.Version=$version" -o "$out/$name" .
  )
  rm -rf "$source"
  echo "$commit" >"$stamp"
}

[ "${ASHLAR_TEST_BUILD_PROVIDER:-}" != 1 ] || provider
