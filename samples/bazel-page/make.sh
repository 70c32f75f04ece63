#!/bin/sh
# Makes image.tar, an OCI layout with one image, of what Bazel makes.
set -e
bazel build //:layer
umoci init --layout image
umoci new --image image:page
umoci raw add-layer --image image:page \
    --history.created 1970-01-01T00:00:00Z --history.created_by bazel bazel-bin/layer.tar
umoci config --image image:page --no-history --created 1970-01-01T00:00:00Z --config.cmd /page
umoci gc --layout image
tar --create --file image.tar --directory image .
