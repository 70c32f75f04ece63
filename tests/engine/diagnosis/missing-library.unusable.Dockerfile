FROM gcc:14 AS build
WORKDIR /made
COPY inner.c outer.c user.c ./
RUN gcc -shared -fPIC -o libinner.so inner.c \
    && gcc -shared -fPIC -o libouter.so outer.c -L. -linner \
    && gcc -o user user.c -L. -louter -Wl,-rpath-link,.
FROM debian:trixie-slim
COPY --from=build /made/user /app/user
COPY --from=build /made/outer.c /usr/lib/libouter.so
CMD ["/app/user"]
