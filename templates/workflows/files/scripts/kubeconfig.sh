if [ -z "$KUBE_CONFIG" ]; then
  echo "ashlar: the secret KUBE_CONFIG is empty: set it, for the environment of this job, to a kubeconfig of the cluster" >&2
  exit 1
fi
install -m 0600 /dev/null "$RUNNER_TEMP/kubeconfig"
printf '%s\n' "$KUBE_CONFIG" > "$RUNNER_TEMP/kubeconfig"
