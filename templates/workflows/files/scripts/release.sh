case "$(uname -sm)" in
  "Linux x86_64") platform=linux_amd64 ;;
  "Linux aarch64") platform=linux_arm64 ;;
  *)
    echo "ashlar: a release has no programs for jobs on $(uname -sm): use a Linux runner" >&2
    exit 1
    ;;
esac
mkdir -p "$RUNNER_TEMP/ashlar-release" "$RUNNER_TEMP/ashlar-bin"
cd "$RUNNER_TEMP/ashlar-release"
programs=([[ range $i, $p := .Programs ]][[ if $i ]] [[ end ]][[ $p ]][[ end ]])
if [ ! -f SHA256SUMS ]; then
  wanted=(--pattern SHA256SUMS)
  for program in "${programs[@]}"; do
    wanted+=(--pattern "${program}_${ASHLAR_VERSION}_$platform")
  done
  gh release download "$ASHLAR_VERSION" --repo [[ .Home ]] "${wanted[@]}"
fi
# The release's own workflow signed the sums, and each program has its sum,
# also where they come from a cache.
gh attestation verify SHA256SUMS --repo [[ .Home ]] --signer-workflow [[ .Signer ]]
for program in "${programs[@]}"; do
  file="${program}_${ASHLAR_VERSION}_$platform"
  awk -v file="$file" '$2 == file' SHA256SUMS > "$file.sum"
  sha256sum --check --strict "$file.sum"
done
for program in "${programs[@]}"; do
  install -m 0755 "${program}_${ASHLAR_VERSION}_$platform" "$RUNNER_TEMP/ashlar-bin/$program"
done
