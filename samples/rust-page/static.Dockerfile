FROM rust:1 AS build
ARG OPTIONS=""
WORKDIR /src
COPY . .
RUN RUSTFLAGS="-C target-feature=+crt-static" cargo build --release $OPTIONS

FROM scratch
COPY --from=build /src/target/release/page /
CMD ["/page"]
