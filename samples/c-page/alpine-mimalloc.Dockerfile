FROM gcc:14 AS build
RUN apt-get update && apt-get install -y --no-install-recommends musl-tools
COPY page.c .
RUN musl-gcc -O2 -Wl,-z,stack-size=1048576 -o page page.c

FROM python:3.13-slim AS allocator
RUN pip install --target /wheel --no-deps --only-binary :all: \
    --platform musllinux_1_2_$(uname -m) cmeel-mimalloc==3.2.8

FROM alpine:3.22
COPY --from=allocator /wheel/cmeel.prefix/lib/libmimalloc.so.3 /usr/lib/
ENV LD_PRELOAD=/usr/lib/libmimalloc.so.3
COPY --from=build /page /
CMD ["/page"]
