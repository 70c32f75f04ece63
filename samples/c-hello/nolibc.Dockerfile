FROM gcc:14 AS build
COPY nolibc.c .
RUN gcc -o hello -static -nostdlib -Os -s \
    -fno-asynchronous-unwind-tables -fno-stack-protector \
    -Wl,-z,noseparate-code,--build-id=none nolibc.c

FROM scratch
COPY --from=build /hello .
CMD ["./hello"]
