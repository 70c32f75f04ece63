# A dynamic busybox with the parts of the C library that the official image has beside it.
FROM debian:trixie AS made
RUN apt-get update && apt-get install -y --no-install-recommends busybox
COPY busybox-root.sh /usr/src/
RUN sh /usr/src/busybox-root.sh /made /usr/bin/busybox hard
# The libraries' folder is named after the architecture; the loader looks in /lib as well.
RUN cp /usr/bin/getconf /made/bin/ \
    && cp -L /etc/localtime /etc/nsswitch.conf /made/etc/ \
    && ln -s lib /made/lib64 \
    && cd /usr/lib/*-linux-gnu*/ \
    && cp -L ld-linux*.so.* libc.so.6 libm.so.6 libnss_*.so.2 libpthread.so.0 libresolv.so.2 \
        /made/lib/
RUN chroot /made /bin/sh -c 'ls -l /bin/busybox && getconf PATH'

FROM scratch
COPY --from=made /made /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["sh"]
