FROM python:3.13-slim AS data
WORKDIR /data
COPY list.py load.py ./
RUN python list.py numbers.csv
RUN python load.py numbers.csv numbers.db

FROM python:3.13-slim
RUN useradd app
WORKDIR /app
COPY --from=data --chown=app --chmod=440 /data/numbers.db .
COPY page.py .
USER app
CMD ["python", "page.py"]
