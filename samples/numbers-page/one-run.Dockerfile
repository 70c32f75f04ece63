FROM python:3.13-slim
RUN useradd app
WORKDIR /app
COPY --chown=app . .
RUN python list.py numbers.csv \
 && python load.py numbers.csv numbers.db \
 && rm numbers.csv \
 && chown app numbers.db \
 && chmod 440 numbers.db
USER app
CMD ["python", "page.py"]
