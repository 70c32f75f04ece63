FROM debian:bullseye-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev
COPY hello.c .
RUN gcc -o hello hello.c

FROM debian:trixie-slim
COPY --from=build /hello .
CMD ["./hello"]
