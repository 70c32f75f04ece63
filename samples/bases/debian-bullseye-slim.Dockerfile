FROM debian:trixie AS made
RUN apt-get update && apt-get install -y --no-install-recommends mmdebstrap
COPY root.sh slim.sh /usr/src/
RUN sh /usr/src/root.sh bullseye /made && sh /usr/src/slim.sh /made

FROM scratch
COPY --from=made /made /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["bash"]
