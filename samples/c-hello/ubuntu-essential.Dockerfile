FROM ubuntu:24.04
RUN apt-get update
RUN apt-get install -y build-essential
COPY hello.c .
RUN gcc -o hello hello.c
CMD ["./hello"]
