FROM busybox:1.37
WORKDIR /made
RUN printf '#!/bin/bash\necho well\n' > script && chmod 755 script
CMD ["/made/script"]
