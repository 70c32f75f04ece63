FROM golang:1.24 AS build
WORKDIR /src
COPY hello.go .
RUN go build hello.go

FROM scratch
COPY --from=build /src/hello .
RUN ["./hello"]
CMD ["./hello"]
