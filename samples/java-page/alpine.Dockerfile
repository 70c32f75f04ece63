FROM eclipse-temurin:25-jdk AS build
WORKDIR /src
COPY . .
RUN sh make-jar
ARG OPTIONS="--strip-debug --no-header-files --no-man-pages"
RUN jlink --output /jre \
    --add-modules "$(jdeps --print-module-deps /page.jar),jdk.localedata" \
    --include-locales fr $OPTIONS

FROM alpine:3.22
COPY --from=build /jre /jre
COPY --from=build /page.jar /
CMD ["/jre/bin/java", "-jar", "/page.jar"]
