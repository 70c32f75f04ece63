FROM gcc:14 AS build
COPY page.c .
RUN gcc -O2 -o page page.c

FROM alpine:3.22
COPY --from=build /page /
CMD ["/page"]
