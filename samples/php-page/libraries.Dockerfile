FROM debian:trixie-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends php-cli ca-certificates
WORKDIR /app
COPY certificate.sh .
RUN sh certificate.sh
RUN mkdir /root-of-image \
 && ldd /usr/bin/php | grep -o '/[^ ]*' | xargs cp --parents -L -t /root-of-image /usr/bin/php

FROM scratch
COPY --from=build /root-of-image /
WORKDIR /app
COPY --from=build /app/server.* ./
COPY page.php .
CMD ["php", "page.php"]
