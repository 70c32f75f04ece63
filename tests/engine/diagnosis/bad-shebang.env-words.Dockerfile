FROM debian:trixie-slim
WORKDIR /made
RUN printf '#!/usr/bin/env perl -w\nprint 1\n' > script && chmod 755 script
CMD ["/made/script"]
