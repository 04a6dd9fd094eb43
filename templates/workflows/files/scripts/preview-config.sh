git init -q .
git fetch -q --depth 1 "$CI_REPOSITORY_URL" "$CI_DEFAULT_BRANCH"
git checkout -q --force FETCH_HEAD
