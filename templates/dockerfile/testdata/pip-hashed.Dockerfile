# train: a stage in Python, with requirements.txt as its environment.
#
#   docker build -f train.Dockerfile -t train .
#
# Pin the images by digest once you know which you want:
#   docker build --build-arg BASE_IMAGE=python@sha256:... .
ARG BASE_IMAGE=registry.example.com:5000/python:3.12@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
FROM ${BASE_IMAGE} AS environment
RUN python -m venv /opt/env
COPY ["requirements.txt", "/tmp/requirements.txt"]
RUN /opt/env/bin/pip install --no-cache-dir --no-compile --require-hashes -r /tmp/requirements.txt

FROM ${BASE_IMAGE}
COPY --from=environment /opt/env /opt/env
ENV PATH=/opt/env/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
WORKDIR /app
COPY [".", "/app/"]
# The cluster gives /tmp and nothing else to write to.
USER 65532:65532
ENTRYPOINT ["python","-m","train"]
