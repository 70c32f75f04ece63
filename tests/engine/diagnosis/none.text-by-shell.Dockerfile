FROM debian:trixie-slim
RUN printf 'exit 3' > /script && chmod 755 /script
CMD /script
