FROM rust:1 AS build
WORKDIR /src
COPY . .
# Where the linker looks first, a file of text says: for libgcc_s take these, which are static.
RUN mkdir /instead && echo 'INPUT(-lgcc_eh -lgcc)' >/instead/libgcc_s.so
RUN RUSTFLAGS="-L native=/instead" cargo build --release

FROM busybox:1.37-glibc
COPY --from=build /src/target/release/page /
CMD ["/page"]
