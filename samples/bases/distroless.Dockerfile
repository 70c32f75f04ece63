# The images of Distroless for Debian 13, from the packages that its Bazel rules name: in its
# repository the files config.bzl in static, base and cc, common/BUILD.bazel and
# experimental/busybox. Targets: `static`, `base`, `cc`, and `debug`, which is cc with busybox.
FROM debian:trixie AS packages
WORKDIR /debs
RUN apt-get update && apt-get download \
        base-files netbase tzdata tzdata-legacy media-types ca-certificates \
        libc6 libssl3t64 libzstd1 zlib1g \
        libgomp1 libstdc++6 libgcc-s1 gcc-14-base \
        busybox-static
COPY distroless.sh /usr/src/
RUN sh /usr/src/distroless.sh /static base-files netbase tzdata tzdata-legacy media-types \
    && sh /usr/src/distroless.sh /base libc6 libssl3t64 libzstd1 zlib1g \
    && sh /usr/src/distroless.sh /cc libgomp1 libstdc++6 libgcc-s1 gcc-14-base
# Of ca-certificates there are its record, its copyright and one file with all certificates.
RUN sh /usr/src/distroless.sh /ca ca-certificates \
    && mkdir -p /static/etc/ssl/certs /static/usr/share/doc/ca-certificates \
    && find /ca/usr/share/ca-certificates -name '*.crt' | sort | xargs cat \
        >/static/etc/ssl/certs/ca-certificates.crt \
    && cp /ca/usr/share/doc/ca-certificates/copyright /static/usr/share/doc/ca-certificates/ \
    && cp /ca/var/lib/dpkg/status.d/* /static/var/lib/dpkg/status.d/
RUN cd /static/etc \
    && printf '%s\n' root:x:0:0:root:/root:/sbin/nologin \
        nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin \
        nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin >passwd \
    && printf '%s:x:%s:\n' root 0 nobody 65534 tty 5 staff 50 nonroot 65532 >group \
    && printf '%s\n' 'passwd: compat' 'group: compat' 'hosts: files dns' 'networks: files' \
        'protocols: db files' 'services: db files' >nsswitch.conf \
    && sed -i 's/^PRETTY_NAME=.*/PRETTY_NAME="Stand-in for Distroless, made of Debian packages"/' \
        /static/usr/lib/os-release \
    && install -d -m 700 /static/root \
    && install -d -m 700 -o 65532 -g 65532 /static/home/nonroot \
    && install -d -m 1777 /static/tmp
RUN mkdir -p /debug/busybox && dpkg-deb --fsys-tarfile busybox-static_*.deb \
        | tar --extract --to-stdout --wildcards '*/bin/busybox' >/debug/busybox/busybox \
    && cd /debug/busybox && chmod 755 busybox \
    && ./busybox --list | while read -r name; do \
        [ "$name" = busybox ] || ln busybox "$name"; \
    done
# The loader is reached by the path that programs have, through a link of base-files.
RUN cp -a /static /whole && cp -a /base/. /cc/. /whole/ && cp /bin/true /whole/ \
    && chroot /whole /true && rm -r /whole && chroot /debug /busybox/sh -c 'ls -l /busybox/sh'

FROM scratch AS static
COPY --from=packages /static /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65532
WORKDIR /home/nonroot

FROM static AS base
COPY --from=packages /base /

FROM base AS cc
COPY --from=packages /cc /

FROM cc AS debug
COPY --from=packages /debug /
ENV PATH=$PATH:/busybox
ENTRYPOINT ["/busybox/sh"]
