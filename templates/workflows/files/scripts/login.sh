[[ if .AWS -]]
REGISTRY_USER=AWS
REGISTRY_PASSWORD=$(aws ecr get-login-password)
[[ else -]]
if [ -z "$REGISTRY_USER" ] || [ -z "$REGISTRY_PASSWORD" ]; then
  echo "ashlar: set the secrets REGISTRY_USER and REGISTRY_PASSWORD of the environment [[ .Image ]]" >&2
  exit 1
fi
[[ end -]]
registry=${ASHLAR_IMAGE_REPOSITORY%%/*}
case "$registry" in
  docker.io) registry=https://index.docker.io/v1/ ;;
  *.* | *:*) ;;
  *)
    echo "ashlar: ASHLAR_IMAGE_REPOSITORY is \"$ASHLAR_IMAGE_REPOSITORY\": write it with its registry, such as registry.example.com/ashlar-runtime" >&2
    exit 1
    ;;
esac
install -d -m 0700 "$RUNNER_TEMP/docker"
# By the environment: the arguments of a program can be read by all others.
printf '%s:%s' "$REGISTRY_USER" "$REGISTRY_PASSWORD" | base64 -w0 |
  REGISTRY=$registry jq -R '{auths: {(env.REGISTRY): {auth: .}}}' > "$RUNNER_TEMP/docker/config.json"
