case "$(uname -sm)" in
  "Linux x86_64") arch=x64 sum=[[ .PulumiX64 ]] ;;
  "Linux aarch64") arch=arm64 sum=[[ .PulumiArm64 ]] ;;
  *)
    echo "ashlar: no sum of Pulumi is known for $(uname -sm): use a Linux runner" >&2
    exit 1
    ;;
esac
archive="$RUNNER_TEMP/pulumi.tar.gz"
curl -fsSL --retry 3 --proto '=https' -o "$archive" "https://get.pulumi.com/releases/sdk/pulumi-v[[ .PulumiVersion ]]-linux-$arch.tar.gz"
echo "$sum  $archive" | sha256sum --check --strict
tar -xzf "$archive" -C "$RUNNER_TEMP"
