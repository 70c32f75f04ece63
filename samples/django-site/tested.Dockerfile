FROM python:3.13-slim AS fat
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY pages.py .
COPY templates templates

FROM fat AS watched
RUN apt-get update && apt-get install -y --no-install-recommends strace
COPY tests.txt /tmp/
USER 10001
RUN xargs -a /tmp/tests.txt strace -f -y -z -e trace=%file -o /tmp/trace \
    python pages.py

FROM watched AS kept
USER root
COPY keep.py /tmp/
RUN ldd /usr/local/bin/python | grep -o '/[^ ]*' >/tmp/libraries
RUN python /tmp/keep.py /tmp/trace /tmp/libraries >/tmp/list
RUN mkdir /kept && tar -c --no-recursion -T /tmp/list | tar -x -C /kept

FROM scratch
COPY --from=kept /kept /
WORKDIR /app
USER 10001
ENTRYPOINT ["python", "pages.py"]
CMD ["/", "/noon"]
