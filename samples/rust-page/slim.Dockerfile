FROM rust:1-slim
WORKDIR /src
COPY . .
RUN cargo build --release
CMD ["./target/release/page"]
