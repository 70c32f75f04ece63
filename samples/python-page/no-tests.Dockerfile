FROM python:3.13-slim AS build
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install uv==0.13.9
WORKDIR /app
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/uv \
    uv venv /venv && UV_LINK_MODE=copy VIRTUAL_ENV=/venv uv pip install -r requirements.txt
RUN find /venv -depth -type d -name tests -exec rm -r {} +

FROM python:3.13-slim
WORKDIR /app
COPY --from=build /venv /venv
COPY page.py .
CMD ["/venv/bin/python", "page.py"]
