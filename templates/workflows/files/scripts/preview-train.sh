stack="pr-$NUMBER"
pulumi stack export --stack "$stack" --file "$RUNNER_TEMP/stack.json"
# Each pipeline runs once, as its schedule would run it. A job that is started again makes
# jobs of other names: those of before are still there.
run="${CI_JOB_ID:-$GITHUB_RUN_ID-$GITHUB_RUN_ATTEMPT}"
jq -r '.deployment.resources[] | select(.type == "kubernetes:batch/v1:CronJob") | .outputs.metadata |
  select(.labels["app.kubernetes.io/component"] == "pipeline") | "\(.namespace) \(.name)"' "$RUNNER_TEMP/stack.json" > "$RUNNER_TEMP/jobs"
while read -r namespace name; do
  job="${name:0:36}-$run"
  kubectl create job "$job" --namespace "$namespace" --from "cronjob/$name"
  for ((i = 0; i < 360; i++)); do
    state=$(kubectl get job "$job" --namespace "$namespace" --output 'jsonpath={.status.conditions[?(@.status=="True")].type}')
    case "$state" in
      *Complete*) continue 2 ;;
      *Failed*) break ;;
    esac
    sleep "${POLL:-10}"
  done
  kubectl logs "job/$job" --namespace "$namespace" --tail 50 || true
  echo "::error::pipeline $name of $stack has not trained the candidate"
  exit 1
done < "$RUNNER_TEMP/jobs"
