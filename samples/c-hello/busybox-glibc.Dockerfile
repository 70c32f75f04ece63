FROM gcc:14 AS build
COPY hello.c .
RUN gcc -o hello hello.c

FROM busybox:1.37-glibc
COPY --from=build /hello .
CMD ["./hello"]
