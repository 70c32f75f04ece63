FROM python:3.13-slim
RUN pip install google-crc32c==1.9.0
COPY check.py .
CMD ["python", "check.py"]
