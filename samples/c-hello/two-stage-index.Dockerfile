FROM gcc:14
COPY hello.c .
RUN gcc -o hello hello.c

FROM ubuntu:24.04
COPY --from=0 /hello .
CMD ["./hello"]
