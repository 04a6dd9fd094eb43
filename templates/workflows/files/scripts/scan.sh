export GOBIN="$RUNNER_TEMP/scan" CGO_ENABLED=0
[[- if .Released ]]
# The Go that built the release: its standard library is a part of what runs.
GOTOOLCHAIN=$(go version "$RUNNER_TEMP/ashlar-bin/ashlar" | awk '{print $NF}')
export GOTOOLCHAIN
[[- end ]]
# With their symbols, which a release has not: without them each vulnerable
# package would count, whether it is called or not.
for program in ashlar ashlar-runtime; do
  go install "[[ .Module ]]/cmd/$program@$ASHLAR_VERSION"
  "$RUNNER_TEMP/scan/govulncheck" -mode binary "$RUNNER_TEMP/scan/$program"
done
