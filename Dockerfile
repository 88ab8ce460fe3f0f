# enrich as a container: settings and data in /srv/enrich, secrets in files that the settings name. See docs/operations.md.
FROM python:3.12-slim

RUN useradd --uid 10001 --create-home enrich \
    && install --directory --owner enrich --group enrich --mode 700 /srv/enrich

WORKDIR /opt/enrich
COPY pyproject.toml prefect.yaml README.md LICENSE ./
COPY sql sql
COPY docs docs
COPY flows flows
COPY notebooks notebooks
COPY enrich enrich
ARG EXTRAS=s3,sftp
RUN pip install --no-cache-dir ".[${EXTRAS}]"

USER enrich
WORKDIR /srv/enrich
ENTRYPOINT ["enrich"]
CMD ["serve"]
