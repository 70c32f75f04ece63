FROM debian:trixie-slim
WORKDIR /made
RUN printf '#!/usr/bin/perl\nexit 127;\n' > script && chmod 755 script
CMD ["/made/script"]
