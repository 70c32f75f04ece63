FROM golang:1.24 AS build
WORKDIR /src
COPY sleep.go .
RUN go build sleep.go

FROM scratch
COPY --from=build /src/sleep .
HEALTHCHECK --interval=1s --retries=1 CMD ["./sleep", "check"]
CMD ["./sleep"]
