# The runtime's image for those who build with Docker. `ashlar image build` makes
# the same without it, the same bytes on every machine.
#
#   docker build -f Dockerfile -t ashlar-runtime .
ARG GO_IMAGE=golang:1.26
FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS build
ARG TARGETOS=linux
ARG TARGETARCH=amd64
ENV CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH}
WORKDIR /src
RUN go mod init image && go get github.com/ashlar-dev/ashlar@v1.2.0 \
 && go build -trimpath -tags=grpcnotrace -ldflags='-s -w -buildid=' -o /root/fs/bin/ashlar-runtime github.com/ashlar-dev/ashlar/cmd/ashlar-runtime
RUN mkdir -p /root/fs/etc/ssl/certs /root/fs/tmp && chmod 1777 /root/fs/tmp \
 && cp /etc/ssl/certs/ca-certificates.crt /root/fs/etc/ssl/certs/ \
 && echo 'nonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin' > /root/fs/etc/passwd

FROM scratch
COPY --from=build /root/fs /
LABEL org.opencontainers.image.title="ashlar-runtime" \
      org.opencontainers.image.source="https://github.com/ashlar-dev/ashlar" \
      org.opencontainers.image.version="v1.2.0"
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/bin/ashlar-runtime"]
