FROM debian:trixie-slim
WORKDIR /made
RUN printf '#!/usr/bin/env perl\r\nprint 1\r\n' > script && chmod 755 script
CMD ["/made/script"]
