FROM gcc:14 AS build
WORKDIR /made
COPY try.c .
RUN gcc -o dynamic try.c && gcc -static -o static try.c
RUN mkdir -p /found $(dirname /found$(ldd dynamic | grep -o '/[^ ]*/ld-[^ ]*')) \
    && ln -s /nowhere/loader /found$(ldd dynamic | grep -o '/[^ ]*/ld-[^ ]*')
FROM scratch
COPY --from=build /found /
COPY --from=build /made/dynamic /app/try
CMD ["/app/try"]
