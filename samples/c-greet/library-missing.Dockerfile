FROM gcc:14 AS build
WORKDIR /src
COPY . .
RUN gcc -shared -fPIC -o /usr/local/lib/libgreet.so greet.c \
 && gcc -o /greet main.c -L/usr/local/lib -lgreet

FROM debian:trixie-slim
COPY --from=build /greet /
CMD ["/greet"]
