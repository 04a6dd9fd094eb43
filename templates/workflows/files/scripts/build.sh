mkdir -p "$RUNNER_TEMP/ashlar-bin"
[[- if .GitLab ]]
if [ -x .ashlar-programs/ashlar ]; then
  cp .ashlar-programs/* "$RUNNER_TEMP/ashlar-bin/"
  exit 0
fi
[[- end ]]
# The flags of a release: the same bytes.
export CGO_ENABLED=0 GOAMD64=v1 GOARM64=v8.0 GOBIN="$RUNNER_TEMP/ashlar-bin"
go install -trimpath -tags=grpcnotrace -ldflags="-s -w -buildid="
[[- range .Programs ]] \
  [[ $.Module ]]/cmd/[[ . ]]@"$ASHLAR_VERSION"[[ end ]]
