FROM gcc:14 AS build
COPY hello.c .
RUN gcc -o hello hello.c
RUN mkdir /root-of-image \
 && ldd hello | grep -o '/[^ ]*' | xargs -I{} cp --parents -L {} /root-of-image

FROM scratch
COPY --from=build /root-of-image /
COPY --from=build /hello .
CMD ["./hello"]
