FROM debian:trixie-slim
WORKDIR /made
RUN printf '#!/usr/local/bin/perl -w\nprint 1\n' > script && chmod 755 script
CMD ["/made/script"]
