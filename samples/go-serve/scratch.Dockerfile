FROM golang:1.24 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -o /serve .

FROM scratch
COPY --from=build /serve /
USER 10001
CMD ["/serve"]
