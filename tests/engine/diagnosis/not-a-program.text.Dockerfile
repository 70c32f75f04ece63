FROM debian:trixie-slim
WORKDIR /made
RUN printf 'echo well\n' > script && chmod 755 script
CMD ["/made/script"]
