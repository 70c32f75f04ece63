FROM python:3.13-slim AS build
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install uv==0.13.9
WORKDIR /app
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/uv \
    uv venv /venv && UV_LINK_MODE=copy VIRTUAL_ENV=/venv uv pip install -r requirements.txt
RUN find /venv -depth -type d -name tests -exec rm -r {} +
RUN cd /usr/local/lib/python3.13 && rm -r ensurepip site-packages/*
RUN mkdir /needs \
    && ldd /usr/local/bin/python3.13 $(find /venv /usr/local/lib -name '*.so*') \
        | grep -o '/[^ :]*' | grep -v ^/venv | sort -u | xargs cp --parents -t /needs \
    && cp -a --parents /venv /usr/local/bin/python* /usr/local/lib/python3.13 /needs

FROM scratch
COPY --from=build /needs /
WORKDIR /app
COPY page.py .
CMD ["/venv/bin/python", "page.py"]
