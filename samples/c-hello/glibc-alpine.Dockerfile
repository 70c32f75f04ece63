FROM gcc:14 AS build
COPY hello.c .
RUN gcc -o hello hello.c

FROM alpine:3.22
COPY --from=build /hello .
CMD ["./hello"]
