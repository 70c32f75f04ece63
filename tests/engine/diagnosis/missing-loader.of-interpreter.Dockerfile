FROM debian:trixie-slim AS debian
RUN printf '#!/bin/sh\necho well\n' > /script && chmod +x /script
FROM scratch
COPY --from=debian /bin/dash /bin/sh
COPY --from=debian /script /script
CMD ["/script"]
