FROM ubuntu:24.04
RUN apt-get update
RUN apt-get install -y --no-install-recommends gcc libc6-dev
RUN rm -rf /var/lib/apt/lists/*
COPY hello.c .
RUN gcc -o hello hello.c
CMD ["./hello"]
