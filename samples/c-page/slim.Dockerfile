FROM gcc:14 AS build
COPY page.c .
RUN gcc -O2 -o page page.c

FROM debian:trixie-slim
COPY --from=build /page /
CMD ["/page"]
