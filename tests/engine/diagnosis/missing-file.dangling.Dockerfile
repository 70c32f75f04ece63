FROM gcc:14 AS build
WORKDIR /made
COPY try.c .
RUN gcc -o dynamic try.c && gcc -static -o static try.c
RUN mkdir /linked && ln -s ../releases/7/try /linked/current
FROM scratch
COPY --from=build /linked /linked
CMD ["/linked/current"]
