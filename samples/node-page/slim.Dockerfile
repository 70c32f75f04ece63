FROM node:24-slim
WORKDIR /app
COPY . .
RUN --mount=type=cache,target=/root/.npm \
    npm ci
CMD ["node", "main.ts"]
