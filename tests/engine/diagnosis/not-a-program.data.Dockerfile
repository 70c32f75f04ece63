FROM debian:trixie-slim
WORKDIR /made
RUN printf '\1\2\3\4' > script && chmod 755 script
CMD ["/made/script"]
