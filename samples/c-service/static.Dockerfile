FROM gcc:14 AS build
WORKDIR /src
COPY service.c services make-services ./
RUN sh make-services

FROM scratch
ARG NAME=orders
COPY --from=build /static/$NAME /service
CMD ["/service"]
