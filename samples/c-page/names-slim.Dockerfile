FROM gcc:14 AS build
COPY page.c names.c ./
RUN gcc -O2 -o page page.c && gcc -O2 -static -o names names.c

FROM debian:trixie-slim
COPY --from=build /page /names /
CMD ["/names", "nameserver 127.0.0.1\nnameserver 127.0.0.2\n", "/page", "find", "db.corp.test"]
