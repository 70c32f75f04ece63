FROM ubuntu:24.04
RUN apt-get update
RUN apt-get install -y --no-install-recommends gcc libc6-dev
COPY hello.c .
RUN gcc -o hello hello.c
CMD ["./hello"]
