FROM gcc:14 AS build
ARG FLAGS=""
COPY page.c .
RUN gcc -O2 $FLAGS -o page page.c
RUN loader=$(readelf -l page | sed -n 's/.*interpreter: \(.*\)]/\1/p') \
 && mkdir -p "/link$(dirname "$loader")" \
 && ln -s "/lib/libc.musl-$(uname -m).so.1" "/link$loader"

FROM alpine:3.22
COPY --from=build /link /
COPY --from=build /page /
CMD ["/page"]
