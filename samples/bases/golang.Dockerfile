# Debian's Go with the tools that the official image has beside it, and its folders and variables.
FROM debian:trixie
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates curl gnupg netbase sq tzdata wget \
        git mercurial openssh-client procps subversion \
        g++ gcc libc6-dev make pkg-config \
        golang-go \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old
ENV GOTOOLCHAIN=local
ENV GOPATH=/go
ENV PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN ln -s ../lib/go /usr/local/go && mkdir -p /go/src /go/bin && chmod -R 1777 /go
WORKDIR /go
CMD ["bash"]
