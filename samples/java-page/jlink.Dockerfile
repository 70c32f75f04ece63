FROM eclipse-temurin:25-jdk AS build
WORKDIR /src
COPY . .
RUN sh make-jar
RUN jlink --output /jre --add-modules "$(jdeps --print-module-deps /page.jar)"

FROM ubuntu:24.04
COPY --from=build /jre /jre
COPY --from=build /page.jar /
CMD ["/jre/bin/java", "-jar", "/page.jar"]
