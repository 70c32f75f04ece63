FROM golang:1.24 AS build
WORKDIR /src
COPY hello.go .
RUN go build hello.go

FROM alpine:3.22
COPY --from=build /src/hello .
CMD ["./hello"]
