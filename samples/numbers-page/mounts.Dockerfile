FROM python:3.13-slim
RUN useradd app
WORKDIR /app
RUN --mount=type=bind,target=/source \
    --mount=type=cache,target=/lists,sharing=locked \
    python /source/list.py /lists/numbers.csv \
 && python /source/load.py /lists/numbers.csv numbers.db \
 && chown app numbers.db \
 && chmod 440 numbers.db
COPY page.py .
USER app
CMD ["python", "page.py"]
