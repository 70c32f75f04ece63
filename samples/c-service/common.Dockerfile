FROM gcc:14 AS build
WORKDIR /src
COPY service.c services make-services ./
RUN sh make-services

FROM busybox:1.37-glibc
COPY --from=build /libraries /lib/
ARG NAME=orders
COPY --from=build /dynamic/$NAME /service
CMD ["/service"]
