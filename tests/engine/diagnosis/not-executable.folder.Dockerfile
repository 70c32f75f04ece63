FROM gcc:14 AS build
WORKDIR /made
COPY try.c .
RUN gcc -o dynamic try.c && gcc -static -o static try.c
RUN mkdir -p /kept/app && cp static /kept/app/try && chmod 700 /kept/app
FROM busybox:1.37
COPY --from=build /kept /
USER 1000:1000
CMD /app/try
