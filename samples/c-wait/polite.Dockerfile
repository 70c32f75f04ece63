FROM gcc:14 AS build
COPY polite.c .
RUN gcc -o wait -static polite.c

FROM scratch
COPY --from=build /wait /
CMD ["/wait"]
