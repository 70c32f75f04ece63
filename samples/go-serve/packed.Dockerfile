FROM golang:1.24 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -o /serve .

FROM debian:trixie-slim AS pack
RUN apt-get update && apt-get install -y --no-install-recommends upx-ucl
COPY --from=build /serve /
RUN upx /serve

FROM scratch
COPY --from=pack /serve /
USER 10001
CMD ["/serve"]
