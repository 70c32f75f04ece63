FROM gcc:14 AS build
RUN apt-get update && apt-get install -y --no-install-recommends musl-tools
COPY try.c .
RUN musl-gcc -o try try.c
FROM debian:trixie-slim
COPY --from=build /try /app/try
CMD ["/app/try"]
