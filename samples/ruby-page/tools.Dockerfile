FROM ruby:3.3-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends g++ libicu-dev make zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY Gemfile Gemfile.lock ./
RUN bundle install
COPY . .
CMD ["ruby", "page.rb"]
