install -D -m 0755 "$RUNNER_TEMP/ashlar-bin/ashlar-stack" bin/ashlar-stack
[[- if .Source ]]
# Pulumi would compile the program that Pulumi.yaml names by its source.
sed -i -e 's|^runtime: go$|runtime: {name: go, options: {binary: bin/ashlar-stack}}|' -e '/^main: /d' Pulumi.yaml
grep -q '^runtime: .*bin/ashlar-stack' Pulumi.yaml
[[- end ]]
