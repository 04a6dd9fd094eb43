#!/usr/bin/env bash
# Keeps what the present code writes as the fixtures of a release, in
# tests/releases/testdata/NAME: see README.md beside this file. It needs root and
# PostgreSQL, as `make integration` does, and reads .ci/services for it.
set -euo pipefail
name=${1:?usage: tests/releases/add.sh NAME}
cd "$(dirname "$0")/../.."
out=$PWD/tests/releases/testdata/$name
[ ! -e "$out" ] || { echo "$out is there already, and what a release wrote never changes" >&2; exit 1; }
# shellcheck source=.ci/services
. .ci/services
trap stop_services EXIT
export CGO_ENABLED=0 ASHLAR_AUTHOR=ada
go build -o "$scratch/" ./cmd/ashlar ./cmd/ashlar-runtime
cli=$scratch/ashlar

# A laptop's folder: two versions of a model, of which one is approved and served.
cp -r tests/releases/testdata/blueprint "$scratch/work"
cd "$scratch/work"
"$cli" up --once || true # nothing is approved yet
"$cli" model approve lateness 1 --by grace
"$cli" up --once
cp released.cue first.cue
sed -i 's/algorithm: "logistic_regression"/&\n\t\tparams: C: 0.5/' released.cue
"$cli" up --once
mv first.cue released.cue
rm -f .ashlar/pid .ashlar/lock .ashlar/registry.db.lock
mv .ashlar state

# The plans of every environment of the examples and of this blueprint.
mkdir plans
"$cli" plan --env dev --output json . >plans/released-dev.json
for example in "$OLDPWD"/blueprints/examples/*/; do
  for env in dev prod; do
    "$cli" plan --env $env --output json "$example" >"plans/$(basename "$example")-$env.json" || rm "plans/$(basename "$example")-$env.json"
  done
done

# A database that workloads have used, as SQL.
postgres
: "${ASHLAR_TEST_POSTGRES:?needs PostgreSQL}"
export ASHLAR_DATABASE=$ASHLAR_TEST_POSTGRES\&search_path=release ASHLAR_STORE=$scratch/store
export ASHLAR_DATA=$scratch/work ASHLAR_PLAN=$scratch/work/plans/released-dev.json
runuser -u postgres -- "$postgres_bin/psql" -q -d "$ASHLAR_TEST_POSTGRES" -c 'CREATE SCHEMA release'
"$scratch/ashlar-runtime" migrate
"$scratch/ashlar-runtime" run --model lateness
"$cli" model approve lateness 1 --by grace # of ASHLAR_DATABASE
timeout --preserve-status 10 "$scratch/ashlar-runtime" serve --endpoint scoring --listen 127.0.0.1:0
runuser -u postgres -- "$postgres_bin/pg_dump" --inserts --no-owner --no-privileges -n release \
  -d "$ASHLAR_TEST_POSTGRES" | grep -vE '^(--|SET |SELECT pg_catalog.set_config|\\|$)' | sed 's/\brelease\b/the_schema/g' >postgres.sql

mkdir -p "$out"
cp -r cue.mod data released.cue state plans postgres.sql "$out"
(cd "$OLDPWD/runtime/registry/migrations" && sha256sum -- */*.sql) >"$out/migrations"
echo "kept in $out; add its line to tests/releases/list"
