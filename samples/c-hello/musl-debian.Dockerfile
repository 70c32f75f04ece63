FROM gcc:14 AS build
RUN apt-get update && apt-get install -y --no-install-recommends musl-tools
COPY hello.c .
RUN musl-gcc -o hello hello.c

FROM debian:trixie-slim
COPY --from=build /hello .
CMD ["./hello"]
