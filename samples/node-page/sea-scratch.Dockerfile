FROM node:24-slim AS build
WORKDIR /app
COPY . .
RUN --mount=type=cache,target=/root/.npm \
    npm ci
RUN npm run bundle && npm run blob
RUN cp /usr/local/bin/node dist/page && npm run inject

FROM scratch
COPY --from=build /app/dist/page /
CMD ["/page"]
