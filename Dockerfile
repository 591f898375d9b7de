# gtzan serve in a container; docs/how-to/serve-in-a-container.md says how it is built and run.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS build
WORKDIR /src
COPY constraints/serve.txt constraints/
# First the dependencies, which stay when only the source changes, in their locked versions, each file checked by its
# hash. nvidia-nccl is for fits on several graphics cards: 300 MB that no prediction loads.
RUN python -m venv /opt/gtzan \
    && /opt/gtzan/bin/python -m pip install --no-cache-dir --require-hashes --requirement constraints/serve.txt \
    && /opt/gtzan/bin/python -m pip uninstall --yes nvidia-nccl-cu12 nvidia-nccl-cu13
COPY pyproject.toml README.md LICENSE ./
COPY cli cli/
COPY gtzan_features gtzan_features/
RUN /opt/gtzan/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:${PYTHON}-slim
# ffmpeg reads M4A and others that libsndfile does not; --build-arg FFMPEG= leaves it out.
ARG FFMPEG=ffmpeg
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates ${FFMPEG} \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --create-home gtzan \
    && install --directory --owner=gtzan --group=gtzan /opt/kernels
COPY --from=build /opt/gtzan /opt/gtzan
# Kernels for any processor of this kind, not for that of the machine that builds: they are found everywhere.
ENV PATH=/opt/gtzan/bin:$PATH \
    NUMBA_CPU_NAME=generic \
    NUMBA_CACHE_DIR=/opt/kernels \
    MPLCONFIGDIR=/tmp/matplotlib \
    XDG_CACHE_HOME=/tmp/cache \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /home/gtzan
# Compiles the kernels, and fails the build where a prediction would fail.
RUN gtzan warm \
    && gtzan data synth /tmp/music --tracks 1 --seconds 4 -j 1 \
    && gtzan predict /tmp/music --model gtzan10 -j 1 \
    && gtzan features extract /tmp/music --out /tmp/tables --features kaggle --segments 3s -j 1 \
    && gtzan features extract /tmp/music --out /tmp/tables --features full --segments 3s -j 1 \
    && gtzan features spectrograms /tmp/music --out /tmp/tables --segments 3s -j 1 \
    && rm -r /tmp/music /tmp/tables
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/api/health', timeout=4)"]
ENTRYPOINT ["gtzan", "serve", "--host", "0.0.0.0"]
