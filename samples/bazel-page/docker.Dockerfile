FROM gcc:14 AS build
COPY page.c .
RUN gcc -O2 -static -o page page.c

FROM scratch
COPY --from=build /page /
CMD ["/page"]
