# The base may be any image with Python 3.11 or newer as `python3`, with its venv module. The digest is that of all platforms:
# `docker buildx imagetools inspect python:3.12-slim-bookworm` says the newest.
ARG BASE=python:3.12-slim-bookworm@sha256:782412e85d0f0984994c290652577d4018aff08145c85b262bb63dc0c7522254

FROM ${BASE} AS packages
# The text of additional certificate authorities (PEM), where the network needs them; it stays in this stage.
ARG CERTIFICATES=""
COPY requirements.txt /
RUN python3 -m venv /venv \
 && if [ -n "$CERTIFICATES" ]; then printf '%s\n' "$CERTIFICATES" | cat /etc/ssl/certs/ca-certificates.crt - >/tmp/certificates.pem && export PIP_CERT=/tmp/certificates.pem; fi \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /requirements.txt

FROM ${BASE}
LABEL org.opencontainers.image.title="swarmbot" \
      org.opencontainers.image.description="ChatOps for Docker Swarm: deploy, watch and repair a Swarm from Slack"
COPY --from=packages /venv /venv
COPY bot /app/bot
COPY handlers /app/handlers
COPY jobs /app/jobs
# No program may lend somebody else's rights: Swarm sets no no-new-privileges on older engines.
RUN python3 -m compileall -q /app && mkdir /data && chown 10001 /data \
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
# A hundred threads that each allocate from a heap of their own leave holes in all of them.
ENV MALLOC_ARENA_MAX=2
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SWARMBOT_DATA=/data SWARMBOT_HTTP=0.0.0.0:8090
WORKDIR /app
USER 10001
VOLUME /data
EXPOSE 8090
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s --retries=3 \
  CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8090/healthz', timeout=2)"]
ENTRYPOINT ["python3", "-m", "bot"]
CMD ["run"]
