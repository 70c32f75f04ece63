FROM debian:trixie AS made
COPY slim.sh /tmp/
RUN sh /tmp/slim.sh / && rm /tmp/slim.sh

FROM scratch
COPY --from=made / /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["bash"]
