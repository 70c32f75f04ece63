FROM golang:1.24
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.cache/go-build \
    go build -o /page .
CMD ["/page"]
