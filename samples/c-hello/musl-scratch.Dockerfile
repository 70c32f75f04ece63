FROM gcc:14 AS build
RUN apt-get update && apt-get install -y --no-install-recommends musl-tools
COPY hello.c .
RUN musl-gcc -o hello -static hello.c

FROM scratch
COPY --from=build /hello .
CMD ["./hello"]
