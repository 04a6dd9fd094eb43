mkdir -p "$RUNNER_TEMP/ashlar-bin"
export CGO_ENABLED=0 GOBIN="$RUNNER_TEMP/ashlar-bin"
go install -ldflags="-s -w"[[ range .Programs ]][[ if ne . "ashlar-runtime" ]] ./cmd/[[ . ]][[ end ]][[ end ]]
# The flags of a release, so that the image has the same bytes.
GOAMD64=v1 GOARM64=v8.0 go install -trimpath -tags=grpcnotrace -ldflags="-s -w -buildid=" ./cmd/ashlar-runtime
