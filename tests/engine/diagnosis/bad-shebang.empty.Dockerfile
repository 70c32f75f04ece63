FROM debian:trixie-slim
WORKDIR /made
RUN printf '#!\necho well\n' > script && chmod 755 script
CMD ["/made/script"]
