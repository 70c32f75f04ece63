# As Ubuntu's image: a slim root with an account `ubuntu`. Its layer is its own, as on Docker Hub.
FROM debian:trixie AS made
COPY slim.sh /tmp/
RUN sh /tmp/slim.sh / && rm /tmp/slim.sh
RUN useradd --create-home --shell /bin/bash --uid 1000 ubuntu
RUN sed -i 's/^PRETTY_NAME=.*/PRETTY_NAME="Stand-in for ubuntu:24.04, made of Debian packages"/' \
        /usr/lib/os-release

FROM scratch
COPY --from=made / /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["/bin/bash"]
