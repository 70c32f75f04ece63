FROM gcc:14 AS build
COPY hello.c .
RUN gcc -o hello hello.c

FROM build AS check
RUN ./hello | grep 'Goodbye'

FROM ubuntu:24.04
COPY --from=build /hello .
CMD ["./hello"]
