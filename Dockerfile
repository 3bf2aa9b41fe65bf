# One image for every process: `web`, `worker`, `ticker` and the operator's commands.
FROM python:3.13-slim

RUN useradd --create-home --uid 10001 router
WORKDIR /srv/lead-router

COPY requirements.txt requirements-build.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt -r requirements-build.txt

COPY pyproject.toml README.md LICENSE ./
COPY router router
COPY rules rules
RUN pip install --no-cache-dir --no-deps --no-build-isolation .

USER router
ENV LEAD_ROUTER_HOME=/home/router/data \
    LEAD_ROUTER_LOG_JSON=true \
    PYTHONUNBUFFERED=1
EXPOSE 8080
ENTRYPOINT ["lead-router"]
CMD ["--help"]
