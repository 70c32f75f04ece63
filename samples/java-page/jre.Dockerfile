FROM eclipse-temurin:25-jdk AS build
WORKDIR /src
COPY . .
RUN sh make-jar

FROM eclipse-temurin:25-jre
COPY --from=build /page.jar /
CMD ["java", "-jar", "/page.jar"]
