FROM node:24-slim AS bazel
ARG SUM=14cb6958e46fd5130720c26ae0b7c98e181dcb8bd111b0bfb23c7b4744e3609a
RUN npm pack --silent @bazel/bazel-linux_x64@2.1.0 \
 && echo "$SUM  bazel-bazel-linux_x64-2.1.0.tgz" | sha256sum --check \
 && tar -xzf *.tgz \
 && install package/bazel-* /bazel

FROM gcc:14
RUN apt-get update && apt-get install -y --no-install-recommends umoci
COPY --from=bazel /bazel /usr/local/bin/
# The binary is for x86-64; Debian has a Bazel for other processors.
RUN [ "$(uname -m)" = x86_64 ] \
 || (apt-get install -y --no-install-recommends bazel-bootstrap \
  && ln -sf /usr/bin/bazel /usr/local/bin/bazel)
RUN echo "startup --host_jvm_args=-XX:TieredStopAtLevel=1" > /etc/bazel.bazelrc \
 && bazel --batch version
WORKDIR /src
COPY BUILD WORKSPACE page.c make.sh ./
