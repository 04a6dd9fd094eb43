if [ -z "$ASHLAR_AWS_ROLE" ] || [ -z "$AWS_REGION" ]; then
  echo "ashlar: set the variables ASHLAR_AWS_ROLE and AWS_REGION of this job's environment: ashlar github bootstrap --var ENVIRONMENT/ASHLAR_AWS_ROLE=ARN" >&2
  exit 1
fi
if [ -z "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ]; then
  echo "ashlar: GitHub gives this run no token to sign in to AWS with, as for pull requests from forks" >&2
  exit 1
fi
token=$(curl -sSf -H "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=sts.amazonaws.com" | jq -r .value)
echo "::add-mask::$token"
install -m 0600 /dev/null "$RUNNER_TEMP/aws-token"
printf %s "$token" > "$RUNNER_TEMP/aws-token"
{
  echo "AWS_WEB_IDENTITY_TOKEN_FILE=$RUNNER_TEMP/aws-token"
  echo "AWS_ROLE_ARN=$ASHLAR_AWS_ROLE"
  echo "AWS_ROLE_SESSION_NAME=ashlar-$GITHUB_RUN_ID"
  echo "AWS_REGION=$AWS_REGION"
} >> "$GITHUB_ENV"
