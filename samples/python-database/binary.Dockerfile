FROM python:3.13-slim
WORKDIR /app
COPY . .
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install psycopg2-binary==2.9.13
CMD ["python", "database.py"]
