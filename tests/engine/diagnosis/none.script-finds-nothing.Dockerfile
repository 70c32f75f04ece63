FROM busybox:1.37
WORKDIR /made
RUN printf '#!/bin/sh\necho well\nother\n' > script && chmod 755 script
CMD ["/made/script"]
