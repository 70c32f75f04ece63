FROM node:24 AS build
WORKDIR /app
COPY . .
RUN --mount=type=cache,target=/root/.npm \
    npm_config_nodedir=/usr/local npm ci

FROM node:24-slim
WORKDIR /app
COPY --from=build /app .
CMD ["node", "main.js"]
