FROM gcc:14 AS build
WORKDIR /made
COPY try.c .
RUN gcc -o dynamic try.c && gcc -static -o static try.c
FROM debian:trixie-slim AS debian
FROM scratch
COPY --from=debian /bin/dash /bin/sh
COPY --from=build /made/static /app/try
CMD /app/try
