FROM gcc:14 AS build
RUN apt-get update && apt-get install -y --no-install-recommends musl-tools
COPY hello.c .
RUN musl-gcc -o hello hello.c

FROM alpine:3.22
COPY --from=build /hello .
CMD ["./hello"]
