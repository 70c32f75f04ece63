FROM golang:1.24 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -o /needs . \
 && sh make-certificates
RUN mkdir -p root/tmp && chmod 1777 root/tmp

FROM scratch
COPY --from=build /needs /
COPY --from=build /src/server.crt /src/server.key /
COPY --from=build /src/root /
ENTRYPOINT ["/needs"]
