FROM debian:trixie-slim
WORKDIR /made
RUN printf '' > script && chmod 755 script
CMD ["/made/script"]
