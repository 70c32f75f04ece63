FROM golang:1.24 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -o /needs . \
 && sh make-certificates
RUN echo 'app:x:10001:10001::/:' > passwd

FROM scratch
COPY --from=build /needs /
COPY --from=build /src/server.crt /src/server.key /
COPY --from=build /src/passwd /etc/
USER app
ENTRYPOINT ["/needs"]
