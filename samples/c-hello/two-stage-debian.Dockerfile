FROM gcc:14 AS build
COPY hello.c .
RUN gcc -o hello hello.c

FROM debian:trixie-slim
COPY --from=build /hello .
CMD ["./hello"]
