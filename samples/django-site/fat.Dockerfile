FROM python:3.13-slim AS fat
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY pages.py .
COPY templates templates
USER 10001
ENTRYPOINT ["python", "pages.py"]
CMD ["/", "/noon"]
