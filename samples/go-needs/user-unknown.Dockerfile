FROM golang:1.24 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -o /needs . \
 && sh make-certificates

FROM scratch
COPY --from=build /needs /
COPY --from=build /src/server.crt /src/server.key /
USER app
ENTRYPOINT ["/needs"]
