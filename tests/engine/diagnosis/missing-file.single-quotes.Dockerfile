FROM gcc:14 AS build
WORKDIR /made
COPY try.c .
RUN gcc -o dynamic try.c && gcc -static -o static try.c
FROM busybox:1.37
COPY --from=build /made/static /app/try
CMD ['/app/try', 'now']
