FROM gcc:14 AS build
WORKDIR /src
COPY service.c services make-services ./
RUN sh make-services

FROM debian:trixie-slim
ARG NAME=orders
COPY --from=build /dynamic/$NAME /service
CMD ["/service"]
