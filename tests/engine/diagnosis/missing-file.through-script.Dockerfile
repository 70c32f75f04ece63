FROM busybox:1.37
WORKDIR /made
RUN printf '#!/bin/sh\n# starts it\nset -e\n\nexec /app/other "$@"\n' > script && chmod 755 script
CMD ["/made/script"]
