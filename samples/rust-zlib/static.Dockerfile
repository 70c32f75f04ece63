FROM rust:1 AS build
WORKDIR /src
COPY . .
RUN RUSTFLAGS="-C target-feature=+crt-static" cargo build --release

FROM scratch
COPY --from=build /src/target/release/zipped /
CMD ["/zipped"]
