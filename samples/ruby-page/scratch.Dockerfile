FROM ruby:3.3 AS build
ENV BUNDLE_WITHOUT=development:test
WORKDIR /app
COPY Gemfile Gemfile.lock ./
RUN bundle install
RUN cd /usr/local/bundle && rm -rf cache gems/bundler-* specifications/bundler-*
RUN mkdir /needs \
    && ruby -e 'puts RbConfig::CONFIG.values_at("rubylibdir", "rubyarchdir"), RbConfig.ruby' \
        -e 'puts Gem.default_specifications_dir, Gem.dir, "/usr/share/zoneinfo"' \
        -e 'puts "/etc/ld.so.cache"' \
        | xargs -n 1 cp -a --parents -t /needs \
    && ldd /usr/local/bin/ruby $(find /needs -name '*.so') \
        | grep -o '/[^ :]*' | grep -v ^/needs | sort -u | xargs cp --parents -t /needs

FROM scratch
ENV BUNDLE_WITHOUT=development:test
ENV GEM_HOME=/usr/local/bundle
WORKDIR /app
COPY --from=build /needs /
COPY . .
CMD ["/usr/local/bin/ruby", "page.rb"]
