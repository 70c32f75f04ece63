FROM python:3.13-slim AS fat
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY pages.py .
COPY templates templates

FROM fat AS watched
RUN apt-get update && apt-get install -y --no-install-recommends strace
USER 10001
RUN strace -f -y -z -e trace=%file -o /tmp/trace \
    python pages.py / /noon

FROM watched AS kept
USER root
COPY keep.py /tmp/
RUN ldd /usr/local/bin/python | grep -o '/[^ ]*' >/tmp/libraries
RUN python /tmp/keep.py /tmp/trace /tmp/libraries >/tmp/touched
RUN while read -r path; do [ -d "$path" ] || echo "$path"; done </tmp/touched >/tmp/files; \
    xargs dpkg -S </tmp/files 2>/dev/null | cut -d: -f1 | sort -u | xargs dpkg -L >/tmp/debian; \
    grep -o '.*/site-packages/[^/]*' /tmp/touched | sort -u | xargs -I{} find {} >/tmp/python; \
    find /app /usr/local/lib/python3.13 -path '*/site-packages/*' -prune -o -print >>/tmp/python; \
    python /tmp/keep.py /tmp/touched /tmp/debian /tmp/python >/tmp/list
RUN mkdir /kept && tar -c --no-recursion -T /tmp/list | tar -x -C /kept

FROM scratch
COPY --from=kept /kept /
WORKDIR /app
USER 10001
ENTRYPOINT ["python", "pages.py"]
CMD ["/", "/noon"]
