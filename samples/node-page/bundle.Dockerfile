FROM node:24-slim AS build
WORKDIR /app
COPY . .
RUN --mount=type=cache,target=/root/.npm \
    npm ci
RUN npm run bundle

FROM node:24-slim
COPY --from=build /app/dist/page.cjs /
CMD ["node", "/page.cjs"]
