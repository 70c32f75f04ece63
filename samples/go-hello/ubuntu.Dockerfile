FROM golang:1.24 AS build
WORKDIR /src
COPY hello.go .
RUN go build hello.go

FROM ubuntu:24.04
COPY --from=build /src/hello .
CMD ["./hello"]
