FROM gcc:14 AS build
RUN apt-get update && apt-get install -y --no-install-recommends musl-tools
COPY page.c .
RUN musl-gcc -O2 -DSTACK=1048576 -o page page.c

FROM alpine:3.22
COPY --from=build /page /
CMD ["/page"]
