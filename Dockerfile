# One image for web, worker, beat and set-up; docker-compose.yml gives each its command.
# Base images are named in full so that packs, whose bytes depend on the fonts and libraries, stay reproducible.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt

FROM python:3.11-slim-bookworm
COPY script/system_packages /tmp/system_packages
RUN bash /tmp/system_packages runtime && rm -rf /var/lib/apt/lists/* /tmp/system_packages \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin quality \
    && install -d -o quality -g quality /data /data/static /data/media
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    VAR_DIR=/data STATIC_ROOT=/data/static MEDIA_ROOT=/data/media HOST=0.0.0.0 PORT=8000
COPY --from=build /venv /venv
WORKDIR /app
COPY . .
RUN python -m compileall -q -j 0 qms objectives audits leadership \
    && for texts in locale/*/LC_MESSAGES/django.po; do msgfmt -o "${texts%.po}.mo" "$texts"; done
USER quality
EXPOSE 8000
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "qms.wsgi"]
