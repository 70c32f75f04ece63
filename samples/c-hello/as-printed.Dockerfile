FROM gcc:14
COPY as-printed.c hello.c
RUN gcc -o hello hello.c
CMD ["./hello"]
