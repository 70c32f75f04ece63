FROM node:24-slim
WORKDIR /app
COPY . .
RUN --mount=type=cache,target=/root/.npm \
    npm_config_nodedir=/usr/local npm ci
CMD ["node", "main.js"]
