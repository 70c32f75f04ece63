FROM python:3.13-slim
WORKDIR /app
COPY . .
RUN python list.py numbers.csv
RUN python load.py numbers.csv numbers.db
RUN rm numbers.csv
RUN useradd app && chown -R app /app
RUN chmod 440 numbers.db
USER app
CMD ["python", "page.py"]
