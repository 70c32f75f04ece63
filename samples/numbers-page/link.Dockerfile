FROM python:3.13-slim AS data
WORKDIR /data
COPY list.py load.py ./
RUN python list.py numbers.csv
RUN python load.py numbers.csv numbers.db

FROM python:3.13-slim
RUN useradd --uid 10001 app
WORKDIR /app
COPY --link --from=data --chown=10001 --chmod=440 /data/numbers.db /app/
COPY --link page.py /app/
USER app
CMD ["python", "page.py"]
