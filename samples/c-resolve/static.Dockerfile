FROM gcc:14 AS build
COPY resolve.c .
RUN gcc -o resolve -static resolve.c 2>&1 | tee warning.txt

FROM scratch
COPY --from=build /resolve /
CMD ["/resolve"]
