FROM golang:1.24 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -o /needs . \
 && sh make-certificates
RUN cp authority.crt /usr/local/share/ca-certificates/ \
 && update-ca-certificates

FROM scratch
COPY --from=build /needs /
COPY --from=build /src/server.crt /src/server.key /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
ENTRYPOINT ["/needs"]
