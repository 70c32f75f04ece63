# Debian's GCC 14 with the languages that the official image has, on the tools and headers of
# buildpack-deps, which that image is built on: the layer of them is made once for all that have it.
FROM debian:trixie
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
RUN apt-get update \
    && apt-get install -y --no-install-recommends abigail-tools gcc-14-locales gfortran \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old
CMD ["bash"]
