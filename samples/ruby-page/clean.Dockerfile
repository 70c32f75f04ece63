FROM ruby:3.3 AS build
ENV BUNDLE_WITHOUT=development:test
WORKDIR /app
COPY Gemfile Gemfile.lock ./
RUN bundle install
RUN cd /usr/local/bundle && rm -rf cache gems/bundler-* specifications/bundler-*

FROM ruby:3.3-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends libicu76 \
    && rm -rf /var/lib/apt/lists/*
ENV BUNDLE_WITHOUT=development:test
WORKDIR /app
COPY --from=build /usr/local/bundle /usr/local/bundle
COPY . .
CMD ["ruby", "page.rb"]
