# train: a stage in Python, with environment.yml as its environment.
#
#   docker build -f train.Dockerfile -t train .
#
# Pin the images by digest once you know which you want:
#   docker build --build-arg BASE_IMAGE=python@sha256:... .
ARG CONDA_IMAGE=mambaorg/micromamba:2.3.0
ARG BASE_IMAGE=debian:bookworm-slim
FROM ${CONDA_IMAGE} AS environment
USER root
COPY ["environment.yml", "/tmp/environment.yml"]
RUN micromamba create --yes --prefix /opt/env --file /tmp/environment.yml && micromamba clean --all --yes

FROM ${BASE_IMAGE}
COPY --from=environment /opt/env /opt/env
ENV PATH=/opt/env/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
WORKDIR /app
COPY ["my code", "/app/"]
# The cluster gives /tmp and nothing else to write to.
USER 65532:65532
ENTRYPOINT ["python","-m","train"]
