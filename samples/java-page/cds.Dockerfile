FROM eclipse-temurin:25-jdk AS build
WORKDIR /src
COPY . .
RUN sh make-jar
ARG OPTIONS="--strip-debug --no-header-files --no-man-pages --generate-cds-archive"
RUN jlink --output /jre \
    --add-modules "$(jdeps --print-module-deps /page.jar),jdk.localedata" \
    --include-locales fr $OPTIONS
RUN mkdir /needs \
    && cp --parents $(ldd /jre/bin/java /jre/lib/*.so /jre/lib/server/*.so \
        | grep -o '[[:space:]]/lib[^ ]*' | sort -u) /needs

FROM scratch
COPY --from=build /needs /
COPY --from=build /jre /jre
COPY --from=build /page.jar /
CMD ["/jre/bin/java", "-jar", "/page.jar"]
