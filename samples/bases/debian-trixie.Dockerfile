# The first root where the host can't make it: from any Debian image that the engine has.
ARG DEBIAN=debian
FROM ${DEBIAN} AS made
RUN apt-get update && apt-get install -y --no-install-recommends mmdebstrap
COPY root.sh /usr/src/
RUN sh /usr/src/root.sh trixie /made

FROM scratch
COPY --from=made /made /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["bash"]
