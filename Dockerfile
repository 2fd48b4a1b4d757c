# syntax=docker/dockerfile:1

# Built in two stages: what only building needs stays in the first.
FROM python:3.13-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 UV_NO_CACHE=1 UV_LINK_MODE=copy
RUN pip install uv==0.13.9
WORKDIR /src
RUN uv venv /opt/tocsin
# The libraries come first and alone: they change seldom, so this layer is kept from build to build.
COPY requirements-run.lock ./
RUN uv pip install --python /opt/tocsin --compile-bytecode --no-deps --require-hashes --requirements requirements-run.lock
COPY pyproject.toml README.md LICENSE ./
COPY models models
COPY indicators indicators
COPY src src
RUN uv pip install --python /opt/tocsin --compile-bytecode --no-deps .

FROM python:3.13-slim-bookworm
# Named by number, so that Kubernetes can see that it is not root.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/tocsin tocsin \
 && install --directory --owner=10001 --group=10001 /var/lib/tocsin /var/cache/tocsin /var/backups/tocsin
COPY --from=build /opt/tocsin /opt/tocsin
# There is no C compiler in the image, and PyTensor need not look for one: Numba compiles everything.
ENV PATH=/opt/tocsin/bin:$PATH \
    PYTENSOR_FLAGS=cxx= \
    PYTHONUNBUFFERED=1 \
    TOCSIN_HOME=/var/lib/tocsin \
    TOCSIN_COMPILE_CACHE=/var/cache/tocsin \
    TOCSIN_BACKUPS=/var/backups/tocsin
USER 10001:10001
# Compiling takes longer than sampling, so it is done here, by a fit that is thrown away. What comes of it fits the
# processor family of the building machine; elsewhere the first fit compiles again, into the volume.
RUN TOCSIN_HOME=/tmp/warm tocsin demo --once && rm -r /tmp/warm
# A new named volume on the cache begins with what is in the image; all folders must be writable.
VOLUME ["/var/lib/tocsin", "/var/cache/tocsin", "/var/backups/tocsin"]
WORKDIR /var/lib/tocsin
HEALTHCHECK --interval=60s --timeout=30s --start-period=60s --retries=3 CMD ["tocsin", "doctor", "--worker"]
EXPOSE 8626
ENTRYPOINT ["tocsin"]
CMD ["--help"]
