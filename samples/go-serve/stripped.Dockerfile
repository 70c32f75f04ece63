FROM golang:1.24 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -o /serve .

FROM build AS lean
RUN CGO_ENABLED=0 go build -ldflags "-s -w" -o /serve .

FROM scratch
COPY --from=lean /serve /
USER 10001
CMD ["/serve"]
