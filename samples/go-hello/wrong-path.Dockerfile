FROM golang:1.24 AS build
COPY hello.go .
RUN go build hello.go

FROM ubuntu:24.04
COPY --from=build /hello .
CMD ["./hello"]
