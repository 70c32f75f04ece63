FROM busybox:1.37
WORKDIR /made
RUN printf '#!/usr/bin/env python3\nprint(1)\n' > script && chmod 755 script
CMD ["/made/script"]
