FROM gcc:14 AS build
WORKDIR /made
COPY inner.c outer.c user.c ./
RUN gcc -shared -fPIC -o libinner.so inner.c \
    && gcc -shared -fPIC -o libouter.so outer.c -L. -linner \
    && gcc -o user user.c -L. -louter -Wl,-rpath-link,.
RUN gcc -o user user.c -L. -louter -Wl,-rpath-link,. -Wl,--disable-new-dtags '-Wl,-rpath,$ORIGIN/../lib'
FROM debian:trixie-slim
COPY --from=build /made/libouter.so /made/libinner.so /srv/lib/
COPY --from=build /made/user /srv/bin/user
RUN ln -s /srv/bin/user /usr/bin/user
CMD ["user"]
