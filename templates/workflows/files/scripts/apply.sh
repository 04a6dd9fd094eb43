pulumi stack select "$STACK"
pulumi config set ashlar:image "$IMAGE"
pulumi up --yes
