FROM gcc:14 AS build
WORKDIR /made
COPY try.c .
RUN gcc -o dynamic try.c && gcc -static -o static try.c
FROM alpine:3.22
COPY --from=build /made/dynamic /app/try
CMD ["env", "A=1", "/app/try"]
