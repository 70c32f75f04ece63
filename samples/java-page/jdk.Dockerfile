FROM eclipse-temurin:25-jdk
WORKDIR /src
COPY . .
RUN sh make-jar
CMD ["java", "-jar", "/page.jar"]
