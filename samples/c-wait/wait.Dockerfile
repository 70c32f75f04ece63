FROM gcc:14 AS build
COPY wait.c .
RUN gcc -o wait -static wait.c

FROM scratch
COPY --from=build /wait /
CMD ["/wait"]
