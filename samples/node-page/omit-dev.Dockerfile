FROM node:24-slim
WORKDIR /app
COPY . .
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev
CMD ["node", "main.ts"]
