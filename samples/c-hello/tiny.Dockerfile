FROM gcc:14 AS build
COPY tiny.S .
RUN gcc -c tiny.S \
 && objcopy -O binary -j .text tiny.o hello \
 && chmod +x hello

FROM scratch
COPY --from=build /hello .
CMD ["./hello"]
