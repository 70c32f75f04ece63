FROM debian:trixie-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends php-cli ca-certificates
WORKDIR /app
COPY certificate.sh .
RUN sh certificate.sh
RUN mkdir /root-of-image \
 && ldd /usr/bin/php | grep -o '/[^ ]*' | xargs cp --parents -L -t /root-of-image /usr/bin/php
RUN cp --parents -L -t /root-of-image \
    /etc/php/*/cli/php.ini /etc/php/*/cli/conf.d/*-iconv.ini /usr/lib/php/*/iconv.so \
    /usr/lib/*/gconv/gconv-modules.cache /usr/lib/*/gconv/ISO8859-1.so \
    /usr/lib/ssl/cert.pem \
 && cp --parents -r -t /root-of-image /usr/share/zoneinfo

FROM scratch
COPY --from=build /root-of-image /
WORKDIR /app
COPY --from=build /app/server.* ./
COPY page.php .
CMD ["php", "page.php"]
