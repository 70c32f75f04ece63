FROM golang:1.24 AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -tags timetzdata -o /page .

FROM alpine:3.22
COPY --from=build /page /
CMD ["/page"]
