FROM busybox:1.37
WORKDIR /made
RUN printf '#!/bin/sh -e\r\necho well\r\n' > script && chmod 755 script
CMD ["/made/script"]
