# Debian's Ruby, with the programs, folders and variables of the official images, and gems: with
# BUNDLE_MIRROR__ALL, Bundler asks a folder of this base where it would ask rubygems.org. Two
# targets: `slim`, and `full`, which has the tools and headers of buildpack-deps.
FROM debian:trixie AS fetch
RUN apt-get update \
    && apt-get install -y --no-install-recommends libffi8 libgmp10 libssl3t64 libyaml-0-2
WORKDIR /packages
RUN apt-get download libruby3.3 ruby3.3 ruby3.3-dev \
    && for package in *.deb; do dpkg -x "$package" /made; done \
    && rm *.deb && mkdir /gems \
    && apt-get download pry ruby-bundler ruby-coderay ruby-concurrent ruby-diff-lcs \
        ruby-method-source ruby-rspec ruby-rspec-core ruby-rspec-expectations ruby-rspec-mocks \
        ruby-rspec-support ruby-tzinfo ruby-webrick yard \
    && for package in *.deb; do dpkg -x "$package" "/gems/${package%%_*}"; done
# A gem that is compiled where it is installed is in no package: this is what the package is made of.
RUN set -- $(apt-get download --print-uris ruby-charlock-holmes | tr -d "'") \
    && /usr/lib/apt/apt-helper download-file "${1%_*_*}_0.7.9.orig.tar.gz" gem.tar.gz \
        SHA256:d3658664580eb35c70dd2cb02f80d00bb22bc0497a4896523d567fb8ae070e6a \
    && mkdir -p /sources/charlock_holmes \
    && tar -xf gem.tar.gz -C /sources/charlock_holmes --strip-components 1
RUN set -eu; \
    cd /made/usr; \
    rm -r share; \
    mkdir -p local/bin local/etc; \
    for program in bin/*; do mv "$program" "local/$(echo "$program" | sed 's/3\.3$//')"; done; \
    rmdir bin; \
    sed -i '1s,^#!.*,#!/usr/local/bin/ruby,' $(grep -lI '^#!' local/bin/*); \
    sed -i -e 's,\(CONFIG\["bindir"\] = \).*,\1"/usr/local/bin",' \
        -e 's,\(CONFIG\["ruby_install_name"\] = \).*,\1"ruby",' \
        lib/*/ruby/3.3.0/rbconfig.rb; \
    find . -xtype l -path '*/darkfish/*' -delete; \
    echo 'gem: --no-document' >local/etc/gemrc; \
    cp -a /made/usr /
COPY ruby-gems.sh /
RUN sh /ruby-gems.sh /made/usr/local/share/gems /gems/* /sources/*

FROM debian:trixie-slim AS slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates \
        libffi8 libgmp10 libssl3t64 libyaml-0-2 zlib1g \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old
ENV LANG=C.UTF-8
ENV RUBY_VERSION=3.3.14
ENV GEM_HOME=/usr/local/bundle
ENV BUNDLE_SILENCE_ROOT_WARNING=1
ENV BUNDLE_APP_CONFIG=/usr/local/bundle
ENV BUNDLE_MIRROR__ALL=file:/usr/local/share/gems
ENV PATH=/usr/local/bundle/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
COPY --from=fetch /made /
RUN ldconfig && mkdir -m 1777 "$GEM_HOME" && ruby --version && gem --version && bundle --version
CMD ["irb"]

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
ENV LANG=C.UTF-8
ENV RUBY_VERSION=3.3.14
ENV GEM_HOME=/usr/local/bundle
ENV BUNDLE_SILENCE_ROOT_WARNING=1
ENV BUNDLE_APP_CONFIG=/usr/local/bundle
ENV BUNDLE_MIRROR__ALL=file:/usr/local/share/gems
ENV PATH=/usr/local/bundle/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
COPY --from=fetch /made /
RUN ldconfig && mkdir -m 1777 "$GEM_HOME" && ruby --version && gem --version && bundle --version
CMD ["irb"]
