FROM gcc:14 AS build
RUN apt-get update && apt-get install -y --no-install-recommends musl-tools
COPY resolve.c .
RUN musl-gcc -o resolve -static resolve.c

FROM scratch
COPY --from=build /resolve /
CMD ["/resolve"]
