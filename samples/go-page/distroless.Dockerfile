FROM golang:1.24 AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -o /page .

FROM gcr.io/distroless/static-debian13:nonroot
COPY --from=build /page /
CMD ["/page"]
