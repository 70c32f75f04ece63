# What stands in for Alpine and for the musl build of busybox: Debian's busybox, compiled again
# against Debian's musl. Two targets: `alpine` is dynamic, `busybox` is static.
FROM debian:trixie AS compiled
RUN sed 's/^deb /deb-src /' /etc/apt/sources.list >/etc/apt/sources.list.d/source.list \
    && apt-get update \
    && apt-get install -y --no-install-recommends \
        bzip2 ca-certificates dpkg-dev gcc libc6-dev make musl-tools xz-utils
WORKDIR /usr/src
RUN apt-get source busybox && mv busybox-*/ busybox
WORKDIR /usr/src/busybox
# musl-gcc looks nowhere but in musl's folder; the kernel's headers are the same for every libc.
RUN mkdir ../kernel \
    && ln -s /usr/include/linux /usr/include/asm-generic /usr/include/mtd \
        /usr/include/"$(gcc -print-multiarch)"/asm ../kernel/
# Two options want a regular expression feature that only glibc has.
RUN sed -E 's/^(CONFIG_(EXTRA_COMPAT|FEATURE_VI_REGEX_SEARCH))=y/# \1 is not set/' \
        debian/config/pkg/deb >.config \
    && yes '' | make oldconfig >/dev/null
RUN make -j "$(nproc)" busybox \
        CC='musl-gcc -isystem ../kernel -Wno-incompatible-pointer-types' HOSTCC=gcc \
    && cp busybox ../dynamic
RUN make LDFLAGS=-static busybox \
        CC='musl-gcc -isystem ../kernel -Wno-incompatible-pointer-types' HOSTCC=gcc \
    && cp busybox ../static
COPY busybox-root.sh /usr/src/

FROM compiled AS alpine-root
# Programs are made to ask for the loader at /lib, or for the library by either of its names.
RUN mkdir -p /made/lib /made/usr/bin /made/etc/ssl/certs \
    && cp -L /lib/ld-musl-*.so.1 /made/lib/ \
    && loader=$(basename /made/lib/ld-musl-*.so.1) \
    && ln -s "$loader" /made/lib/"$(echo "$loader" | sed 's/^ld-musl-/libc.musl-/')" \
    && printf '#!/bin/sh\nexec /lib/%s --list "$@"\n' "$loader" >/made/usr/bin/ldd \
    && chmod 755 /made/usr/bin/ldd \
    && cp /etc/ssl/certs/ca-certificates.crt /made/etc/ssl/certs/ \
    && ln -s certs/ca-certificates.crt /made/etc/ssl/cert.pem \
    && printf '%s\n' 'NAME="Stand-in for Alpine"' 'ID=stand-in' \
        'PRETTY_NAME="Stand-in for alpine:3.22, made of Debian packages; it has no apk"' \
        >/made/etc/os-release \
    && sh ../busybox-root.sh /made /usr/src/dynamic symbolic
RUN chroot /made /bin/sh -c 'ldd /bin/busybox && ls -l /bin/sh'

FROM scratch AS alpine
COPY --from=alpine-root /made /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["/bin/sh"]

FROM compiled AS busybox-root
RUN sh ../busybox-root.sh /made /usr/src/static hard && cp -L /etc/localtime /made/etc/
RUN chroot /made /bin/sh -c 'ls -l /bin/busybox'

FROM scratch AS busybox
COPY --from=busybox-root /made /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["sh"]
