FROM node:24 AS build
WORKDIR /app
COPY . .
RUN --mount=type=cache,target=/root/.npm \
    npm_config_nodedir=/usr/local npm ci

FROM node:24-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpq5 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app .
CMD ["node", "main.js"]
