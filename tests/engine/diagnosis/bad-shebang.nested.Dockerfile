FROM debian:trixie-slim
WORKDIR /made
RUN printf '#!/usr/bin/ruby\n' > inner && printf '#!/made/inner\n' > script && chmod 755 script inner
CMD ["/made/script"]
