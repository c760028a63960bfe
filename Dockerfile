# syntax=docker/dockerfile:1
FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM python:3.13-slim AS environment
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python -m venv /venv
COPY requirements.lock ./
RUN /venv/bin/pip install --require-hashes -r requirements.lock

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /home/helpdesk helpdesk \
    && install -d -o helpdesk -g helpdesk -m 0700 /data
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=helpdesk.settings \
    HELPDESK_DATA=/data \
    STATIC_ROOT=/app/static-collected
WORKDIR /app
COPY --from=environment /venv /venv
COPY --from=packages /app/node_modules ./node_modules
COPY . .
# The key is only for this step: a container gets its own, from SECRET_KEY or kept in /data.
RUN SECRET_KEY=build python manage.py prepare --static-only
USER helpdesk
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-m", "helpdesk.probe"]
CMD ["gunicorn", "helpdesk.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "4", \
     "--preload", "--no-control-socket", "--worker-tmp-dir", "/dev/shm", "--log-level", "warning"]
