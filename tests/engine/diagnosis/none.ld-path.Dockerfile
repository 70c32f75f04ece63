FROM gcc:14 AS build
WORKDIR /made
COPY inner.c outer.c user.c ./
RUN gcc -shared -fPIC -o libinner.so inner.c \
    && gcc -shared -fPIC -o libouter.so outer.c -L. -linner \
    && gcc -o user user.c -L. -louter -Wl,-rpath-link,.
FROM debian:trixie-slim
COPY --from=build /made/libouter.so /made/libinner.so /opt/lib/
COPY --from=build /made/user /app/user
ENV LD_LIBRARY_PATH=/opt/lib:
CMD ["/app/user"]
