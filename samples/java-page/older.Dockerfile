FROM eclipse-temurin:25-jdk AS build
ARG OPTIONS=""
WORKDIR /src
COPY . .
RUN sh make-jar $OPTIONS

FROM debian:trixie-slim
# The package writes to a folder that slim images lack.
RUN mkdir -p /usr/share/man/man1 && apt-get update \
    && apt-get install -y --no-install-recommends default-jre-headless \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /page.jar /
CMD ["java", "-jar", "/page.jar"]
