FROM gcc:14 AS build
COPY resolve.c .
RUN gcc -o resolve resolve.c
RUN mkdir /root-of-image \
 && ldd resolve | grep -o '/[^ ]*' | xargs -I{} cp --parents -L {} /root-of-image

FROM scratch
COPY --from=build /root-of-image /
COPY --from=build /resolve /
CMD ["/resolve"]
