FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
RUN cd /usr/local/lib/python3.13 \
    && rm -rf config-* ensurepip idlelib pydoc_data site-packages/pip* tkinter turtledemo
RUN cd /usr/local/lib/python3.13 && rm -r site-packages/django/contrib \
    && cd lib-dynload && rm -f _curses* _dbm* _gdbm* readline* _sqlite3* *test*
RUN mkdir /needs \
    && ldd /usr/local/bin/python $(find /usr/local/lib -name '*.so') | grep -o '/[^ :]*' | sort -u \
        | xargs cp --parents -t /needs \
    && cp -a --parents /tmp /usr/share/zoneinfo /usr/local/bin/python* /usr/local/lib/python3.13 /needs

FROM scratch
COPY --from=build /needs /
WORKDIR /app
COPY pages.py .
COPY templates templates
USER 10001
ENTRYPOINT ["python", "pages.py"]
CMD ["/", "/noon"]
