FROM gcc:14
COPY hello.c .
RUN gcc -o hello hello.c
CMD ["./hello"]
