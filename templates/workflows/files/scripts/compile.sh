mkdir -p "$RUNNER_TEMP/ashlar-bin"
# The flags of a release: the same bytes.
export CGO_ENABLED=0 GOAMD64=v1 GOARM64=v8.0 GOBIN="$RUNNER_TEMP/ashlar-bin"
go install -trimpath -tags=grpcnotrace -ldflags="-s -w -buildid="[[ range .Programs ]] ./cmd/[[ . ]][[ end ]]
