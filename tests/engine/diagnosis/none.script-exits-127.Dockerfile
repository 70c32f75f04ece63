FROM debian:trixie-slim
WORKDIR /made
RUN printf '#!/bin/sh\nexit 127\n' > script && chmod 755 script
CMD ["/made/script"]
