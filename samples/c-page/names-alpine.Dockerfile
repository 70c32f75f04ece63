FROM gcc:14 AS build
RUN apt-get update && apt-get install -y --no-install-recommends musl-tools
COPY page.c names.c ./
RUN musl-gcc -O2 -o page page.c && gcc -O2 -static -o names names.c

FROM alpine:3.22
COPY --from=build /page /names /
CMD ["/names", "nameserver 127.0.0.1\nnameserver 127.0.0.2\n", "/page", "find", "db.corp.test"]
