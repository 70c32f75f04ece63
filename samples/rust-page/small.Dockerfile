FROM rust:1 AS build
WORKDIR /src
COPY . .
RUN RUSTFLAGS="-C target-feature=+crt-static" cargo build --profile small

FROM scratch
COPY --from=build /src/target/small/page /
CMD ["/page"]
