# Debian's OpenJDK 25 where Temurin's is, on Debian's base. The JRE is made by jlink of the modules
# that Temurin's JRE has; Debian's own has all of the JDK's.
FROM debian:trixie-slim AS packages
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates fontconfig libjpeg62-turbo liblcms2-2 libpcsclite1 locales p11-kit tzdata \
    && echo en_US.UTF-8 UTF-8 >/etc/locale.gen && locale-gen \
    && printf '#!/bin/sh\nexec "$@"\n' >/__cacert_entrypoint.sh \
    && chmod 755 /__cacert_entrypoint.sh \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old
ENV JAVA_HOME=/opt/java/openjdk
ENV PATH=/opt/java/openjdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENV LANG=en_US.UTF-8 LANGUAGE=en_US:en LC_ALL=en_US.UTF-8
ENTRYPOINT ["/__cacert_entrypoint.sh"]

# Debian's links lead to /etc and to other packages' files; Temurin's folder has all in itself.
FROM debian:trixie AS made
RUN apt-get update \
    && apt-get install -y --no-install-recommends openjdk-25-jdk-headless \
    && cd /usr/lib/jvm/java-25-openjdk-* \
    && rm -f docs lib/src.zip \
    && mkdir -p /opt/java && cp -aL . /opt/java/openjdk
RUN /opt/java/openjdk/bin/jlink --output /opt/java/jre --generate-cds-archive \
        --add-modules java.se,jdk.accessibility,jdk.charsets,jdk.crypto.cryptoki,jdk.crypto.ec \
        --add-modules jdk.dynalink,jdk.httpserver,jdk.incubator.vector,jdk.jdwp.agent,jdk.jfr \
        --add-modules jdk.jsobject,jdk.localedata,jdk.management,jdk.management.agent \
        --add-modules jdk.management.jfr,jdk.naming.dns,jdk.naming.rmi,jdk.net,jdk.nio.mapmode \
        --add-modules jdk.sctp,jdk.security.auth,jdk.security.jgss,jdk.unsupported,jdk.xml.dom \
        --add-modules jdk.zipfs \
    && cp /opt/java/openjdk/lib/security/cacerts /opt/java/jre/lib/security/

FROM packages AS jre
COPY --from=made /opt/java/jre /opt/java/openjdk
RUN java -version

FROM packages AS jdk
RUN apt-get update \
    && apt-get install -y --no-install-recommends binutils \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old
COPY --from=made /opt/java/openjdk /opt/java/openjdk
RUN java -version && javac -version
CMD ["jshell"]
