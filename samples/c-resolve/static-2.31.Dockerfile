FROM debian:bullseye-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev
COPY resolve.c .
RUN gcc -o resolve -static resolve.c 2>&1 | tee warning.txt

FROM scratch
COPY --from=build /resolve /
CMD ["/resolve"]
