# Callisto without the embedded servers: it needs DATABASE_URL and REDIS_URL.
# The tag is a moving one; a release pins it by digest (--build-arg BASE=python@sha256:…).
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
WORKDIR /src
COPY requirements.lock requirements-dev.lock ./
RUN python -m venv /opt/callisto \
 && /opt/callisto/bin/pip install --only-binary :all: --require-hashes -r requirements.lock
# The build backend, from the hashes of the development lock; it stays in this stage.
RUN awk '/^[^ #]/ { keep = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/ } keep' requirements-dev.lock > backend.lock \
 && python -m venv /opt/backend \
 && /opt/backend/bin/pip install --only-binary :all: --require-hashes -r backend.lock
COPY . .
# Hash mode cannot take a local project: first its wheel, without looking anywhere, then the wheel alone.
RUN /opt/backend/bin/pip wheel --no-deps --no-build-isolation --no-index -w /wheels . \
 && /opt/callisto/bin/pip install --no-deps --no-index /wheels/*.whl

FROM ${BASE}
# tini is PID 1: it passes SIGTERM on to the drain and reaps what is left behind.
RUN apt-get update \
 && apt-get install -y --no-install-recommends tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin callisto
COPY --from=build /opt/callisto /opt/callisto
ENV PATH=/opt/callisto/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# Not the source tree: a folder called server beside the working folder would be imported first.
WORKDIR /
USER 10001
EXPOSE 8102
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8102, timeout=2); c.request('GET', '/readyz'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["callisto", "serve", "--host", "0.0.0.0"]
