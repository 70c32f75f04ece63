FROM golang:1.24 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -o /needs . \
 && sh make-certificates
RUN apt-get update && apt-get install -y --no-install-recommends tzdata

FROM scratch
COPY --from=build /needs /
COPY --from=build /src/server.crt /src/server.key /
COPY --from=build /usr/share/zoneinfo/Europe/Paris /usr/share/zoneinfo/Europe/
ENTRYPOINT ["/needs"]
