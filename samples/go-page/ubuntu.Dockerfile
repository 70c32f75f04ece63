FROM golang:1.24 AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.cache/go-build \
    go build -tags timetzdata -o /page .

FROM ubuntu:24.04
COPY --from=build /page /
CMD ["/page"]
