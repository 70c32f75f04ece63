FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv /venv && /venv/bin/pip install -r requirements.txt

FROM debian:trixie-slim
WORKDIR /app
COPY --from=build /venv /venv
COPY page.py .
CMD ["/venv/bin/python", "page.py"]
