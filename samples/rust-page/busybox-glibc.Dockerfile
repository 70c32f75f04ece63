FROM rust:1 AS build
WORKDIR /src
COPY . .
RUN cargo build --release

FROM busybox:1.37-glibc
COPY --from=build /src/target/release/page /
CMD ["/page"]
