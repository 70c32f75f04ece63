FROM gcc:14 AS build
COPY hello.c .
RUN gcc -o hello hello.c

FROM debian:bullseye-slim
COPY --from=build /hello .
CMD ["./hello"]
