FROM golang:1.24 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -o /serve .

FROM busybox:1.37 AS debug
COPY --from=build /serve /
USER 10001
CMD ["/serve"]

FROM scratch
COPY --from=build /serve /
USER 10001
CMD ["/serve"]
