# Debian's Rust, with the folders and variables of the official images. Two targets: `slim`, and
# `full`, which has the tools and headers of buildpack-deps.
FROM debian:trixie-slim AS slim
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates gcc libc6-dev \
        cargo rustc \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old
ENV RUSTUP_HOME=/usr/local/rustup
ENV CARGO_HOME=/usr/local/cargo
ENV PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN mkdir -p "$RUSTUP_HOME" "$CARGO_HOME/bin" \
    && ln -s /usr/bin/cargo /usr/bin/rustc "$CARGO_HOME/bin" \
    && chmod -R a+w "$RUSTUP_HOME" "$CARGO_HOME" \
    && cargo --version && rustc --version
CMD ["bash"]

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
# What the machine trusts besides Debian's list, as certificates in PEM: a registry may need it.
ARG CERTIFICATES=""
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends cargo rustc \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old \
    && echo "$CERTIFICATES" >/usr/local/share/ca-certificates/machine.crt \
    && update-ca-certificates
ENV RUSTUP_HOME=/usr/local/rustup
ENV CARGO_HOME=/usr/local/cargo
ENV PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN mkdir -p "$RUSTUP_HOME" "$CARGO_HOME/bin" \
    && ln -s /usr/bin/cargo /usr/bin/rustc "$CARGO_HOME/bin" \
    && chmod -R a+w "$RUSTUP_HOME" "$CARGO_HOME" \
    && cargo --version && rustc --version
CMD ["bash"]
