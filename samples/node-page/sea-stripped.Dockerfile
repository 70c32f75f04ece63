FROM node:24 AS build
WORKDIR /app
COPY . .
RUN --mount=type=cache,target=/root/.npm \
    npm ci
RUN npm run bundle && npm run blob
RUN strip -o dist/page /usr/local/bin/node && npm run inject
RUN mkdir /needs && cp --parents $(ldd dist/page | grep -o '/[^ ]*') /needs

FROM scratch
COPY --from=build /needs /
COPY --from=build /app/dist/page /
CMD ["/page"]
