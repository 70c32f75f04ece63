FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends php-cli ca-certificates
WORKDIR /app
COPY certificate.sh .
RUN sh certificate.sh
COPY page.php .
CMD ["php", "page.php"]
