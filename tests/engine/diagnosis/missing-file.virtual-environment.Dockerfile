FROM gcc:14 AS build
RUN mkdir -p /venv/bin && ln -s /usr/local/bin/python /venv/bin/python
RUN printf 'home = /usr/local/bin\nversion = 3.13.5\n' >/venv/pyvenv.cfg
FROM scratch
COPY --from=build /venv /venv
CMD ["/venv/bin/python"]
