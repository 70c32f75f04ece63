FROM debian:trixie-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends php-cli ca-certificates
WORKDIR /app
COPY certificate.sh .
RUN sh certificate.sh
RUN ldd /usr/bin/php | grep -o '/[^ ]*' | xargs realpath /usr/bin/php | xargs dpkg -S \
    | cut -d: -f1 | sort -u > /owners
RUN mkdir /debs /root-of-image \
 && cd /debs \
 && apt-get download $(cat /owners) php8.4-common tzdata \
 && for deb in *.deb; do dpkg-deb -x $deb /root-of-image; done
RUN cd /debs \
 && apt-get download base-files \
 && dpkg-deb -x base-files_*.deb /root-of-image

FROM scratch
COPY --from=build /root-of-image /
WORKDIR /app
COPY --from=build /app/server.* ./
COPY page.php .
CMD ["php8.4", "page.php"]
