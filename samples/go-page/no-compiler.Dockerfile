FROM debian:trixie-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends golang-go
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.cache/go-build \
    go build -tags timetzdata -o /page .

FROM scratch
COPY --from=build /page /
CMD ["/page"]
