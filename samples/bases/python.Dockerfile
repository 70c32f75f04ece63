# Debian's Python with PyPI's pip, laid out as in the official images: in /usr/local, without
# bytecode. Two targets: `slim`, and `full`, which has the tools and headers of buildpack-deps.
FROM debian:trixie AS fetch
# What the machine trusts besides Debian's list, as certificates in PEM: a registry may need it.
ARG CERTIFICATES=""
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3-pip \
    && echo "$CERTIFICATES" >/usr/local/share/ca-certificates/machine.crt \
    && update-ca-certificates
WORKDIR /packages
RUN apt-get download libpython3.13-dev libpython3.13-minimal libpython3.13-stdlib \
        python3.13-minimal python3.13-venv \
    && for package in *.deb; do dpkg -x "$package" /unpacked; done \
    && pip download --no-deps pip==26.2
# Debian sends packages to folders of its own, and a venv's pip comes from a package of Debian's.
RUN set -eu; \
    mkdir -p /made/usr/local/lib /made/etc/ssl/certs /made/etc/uv; \
    cd /made/usr/local; \
    mv /unpacked/usr/bin /unpacked/usr/include .; \
    mv /unpacked/usr/lib/python3.13 lib/; \
    cd lib/python3.13; \
    find . -depth -type d \( -name test -o -name tests \) -exec rm -r {} +; \
    find . -name 'libpython*.a' -delete; \
    rm -f sitecustomize.py EXTERNALLY-MANAGED; \
    mkdir ensurepip/_bundled site-packages; \
    mv /packages/pip-*.whl ensurepip/_bundled/; \
    sed -i 's/^_PIP_VERSION = .*/_PIP_VERSION = "26.2"/' ensurepip/__init__.py; \
    sed -i "s/prefix_scheme = 'posix_local'/prefix_scheme = 'posix_prefix'/" sysconfig/__init__.py; \
    { \
        echo 'import site, sys'; \
        echo 'if sys.prefix == sys.base_prefix:'; \
        echo '    site.addsitedir(f"{sys.prefix}/lib/python3.13/site-packages")'; \
    } >sitecustomize.py; \
    cd /made/usr/local/bin; \
    ln -s python3.13 python3; \
    ln -s python3.13 python; \
    export PYTHONDONTWRITEBYTECODE=1; \
    PYTHONPATH=$(ls ../lib/python3.13/ensurepip/_bundled/*) ./python -m pip install \
        --no-index --no-compile --root-user-action ignore \
        --find-links ../lib/python3.13/ensurepip/_bundled pip; \
    sed -i '1s,.*,#!/usr/local/bin/python3.13,' pip*; \
    cp /etc/ssl/certs/ca-certificates.crt /made/etc/ssl/certs/; \
    echo 'system-certs = true' >/made/etc/uv/uv.toml

FROM debian:trixie-slim AS slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates netbase tzdata \
        libbz2-1.0 libdb5.3t64 libexpat1 libffi8 liblzma5 libncursesw6 libreadline8t64 \
        libsqlite3-0 libssl3t64 libuuid1 zlib1g \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old
ENV PYTHON_VERSION=3.13.5
COPY --from=fetch /made /
RUN export PYTHONDONTWRITEBYTECODE=1; python3 --version && pip --version
CMD ["python3"]

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
RUN apt-get update \
    && apt-get install -y --no-install-recommends libbluetooth-dev tk-dev uuid-dev \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old
ENV PYTHON_VERSION=3.13.5
COPY --from=fetch /made /
RUN export PYTHONDONTWRITEBYTECODE=1; python3 --version && pip --version
CMD ["python3"]
