FROM gcc:14 AS build
RUN apt-get update && apt-get install -y --no-install-recommends musl-tools
COPY inner.c outer.c user.c ./
RUN musl-gcc -shared -fPIC -o libinner.so inner.c \
    && musl-gcc -shared -fPIC -o libouter.so outer.c -L. -linner \
    && musl-gcc -o user user.c -L. -louter -Wl,-rpath-link,.
FROM alpine:3.22
COPY --from=build /libouter.so /usr/lib/
COPY --from=build /user /app/user
CMD ["/app/user"]
