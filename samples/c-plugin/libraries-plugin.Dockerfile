FROM gcc:14 AS build
WORKDIR /src
COPY main.c greet.c ./
RUN gcc -shared -fPIC -o /usr/lib/libgreet.so greet.c \
 && gcc -o /greet main.c
RUN mkdir /root-of-image \
 && ldd /greet | grep -o '/[^ ]*' | xargs -I{} cp --parents -L {} /root-of-image

FROM scratch
COPY --from=build /root-of-image /
COPY --from=build /greet /
COPY --from=build /usr/lib/libgreet.so /usr/lib/
CMD ["/greet"]
