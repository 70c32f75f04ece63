FROM python:3.13-slim AS build
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv --without-pip /venv && pip --python /venv install psycopg2-binary==2.9.13

FROM python:3.13-slim
WORKDIR /app
COPY --from=build /venv /venv
COPY database.py .
CMD ["/venv/bin/python", "database.py"]
