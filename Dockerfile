# The base may be any Debian or Ubuntu with Python 3.11 or newer as `python3`, with its venv module. The digest is that of all platforms
# (linux/amd64 and linux/arm64 among them): `docker buildx imagetools inspect python:3.12-slim-bookworm` says the newest.
ARG BASE=python:3.12-slim-bookworm@sha256:782412e85d0f0984994c290652577d4018aff08145c85b262bb63dc0c7522254

FROM ${BASE} AS packages
# The text of additional certificate authorities (PEM), where the network needs them; it stays in this stage.
ARG CERTIFICATES=""
COPY requirements-image.txt /
# What only installing and testing needs goes again, and what the bot never loads: pictures as AVIF and WebP, profiles of colours, windows, what traces do not
# take of OpenTelemetry and protobuf (logs, metrics, names of attributes, Google's own messages), and the compiled form of tables for single terminals,
# of an old pydantic, of parsers of C, of other parts of Slack and of modules of Redis.
RUN python3 -m venv /venv \
 && if [ -n "$CERTIFICATES" ]; then printf '%s\n' "$CERTIFICATES" | cat /etc/ssl/certs/ca-certificates.crt - >/tmp/certificates.pem && export PIP_CERT=/tmp/certificates.pem; fi \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /requirements-image.txt \
 && find /venv -type d \( -name tests -o -path '*/table_grapheme_overrides/__pycache__' -o -path '*/pydantic/v1/__pycache__' \
      -o -path '*/cffi/__pycache__' -o -path '*/pycparser/__pycache__' -o -path '*/slack_sdk/scim/*/__pycache__' -o -path '*/slack_sdk/audit_logs/*/__pycache__' \
      -o -path '*/redis/commands/*/__pycache__' -o -path '*/redis/multidb/__pycache__' -o -path '*/redis/asyncio/multidb/__pycache__' \) -prune -exec rm -r {} + \
 && find /venv \( -name 'libavif-*' -o -name '_avif.*' -o -name 'liblcms2-*' -o -name '_imagingcms.*' -o -name '_imagingtk.*' \) -delete \
 && find /venv \( -name 'libwebp*' -o -name 'libsharpyuv-*' -o -name '_webp.*' -o -path '*/google/protobuf/descriptor_pb2.py' -o -path '*/google/protobuf/*/descriptor_pb2.*' \
      -o -path '*/slack_sdk/web/__pycache__/async_*' -o -path '*/slack_sdk/web/__pycache__/legacy_*' \) -delete \
 && find /venv/lib -path '*/opentelemetry/semconv/_incubating/*' -name '*.py*' ! -name '__init__.*' ! -name 'otel_*' -delete \
 && (cd /venv/lib/python3*/site-packages/google && rm -r api cloud gapic logging longrunning rpc type protobuf/compiler) \
 && (cd /venv/lib/python3*/site-packages/opentelemetry && rm -r sdk/_logs sdk/metrics sdk/_configuration proto/logs proto/metrics proto/profiles \
      proto/collector/logs proto/collector/metrics proto/collector/profiles) \
 && /venv/bin/pip uninstall --quiet --yes pip setuptools

FROM ${BASE}
LABEL org.opencontainers.image.title="swarmbot" \
      org.opencontainers.image.description="ChatOps for Docker Swarm: deploy, watch and repair a Swarm from Slack"
# For engines by ssh://, where the base has no ssh.
RUN command -v ssh >/dev/null \
 || { apt-get update && apt-get install --yes --no-install-recommends openssh-client && rm -rf /var/lib/apt/lists/*; }
# Nobody special, and known by name: ssh refuses to run for who is not. No program may lend somebody else's rights: Swarm sets no no-new-privileges
# on older engines.
RUN useradd --uid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin swarmbot && mkdir /data && chown 10001 /data \
 && find / -xdev -type f -perm /6000 -delete
COPY --from=packages /venv /venv
COPY bot /app/bot
COPY handlers /app/handlers
COPY jobs /app/jobs
# What the documentation calls `swarmbot …`, for `docker exec`.
RUN printf '#!/bin/sh\nexec python3 -m bot "$@"\n' >/usr/local/bin/swarmbot && chmod 755 /usr/local/bin/swarmbot
# Nothing that was taken away is missed.
RUN python3 -m compileall -q /app \
 && PYTHONPATH=/app /venv/bin/python3 -B -c "import bot.app, bot.check, bot.ci_composition, bot.otlp"
# A hundred threads that each allocate from a heap of their own leave holes in all of them; and each would fill a cache of freed pieces for itself.
ENV MALLOC_ARENA_MAX=2 GLIBC_TUNABLES=glibc.malloc.tcache_count=0
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SWARMBOT_DATA=/data SWARMBOT_HTTP=0.0.0.0:8090
WORKDIR /app
USER 10001
VOLUME /data
EXPOSE 8090
# Healthy is what has reached Slack, Redis and an engine once, and answers: a version or a setting with which it cannot is rolled back, and an
# outage of one of them later restarts nobody.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python3", "-IS", "/app/bot/healthcheck.py"]
ENTRYPOINT ["python3", "-m", "bot"]
CMD ["run"]
