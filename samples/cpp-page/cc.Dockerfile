FROM gcc:14 AS build
WORKDIR /src
COPY page.cpp .
RUN g++ -std=c++20 -O2 -c page.cpp
RUN g++ -o /page page.o -lssl -lcrypto

FROM gcr.io/distroless/cc-debian13:nonroot
COPY --from=build /page /
CMD ["/page"]
