# Resolves a name, fetches a page over TLS from a server of its own, reads a time zone, and finds
# out how a text is encoded.

require "bundler/setup"

require "charlock_holmes"
require "net/http"
require "tzinfo"
require "webrick/https"

def resolve
  address = Addrinfo.getaddrinfo("localhost", nil, :INET).first
  puts "localhost is #{address.ip_address}"
end

# A key and a certificate of its own for localhost.
def identity
  key = OpenSSL::PKey::EC.generate("prime256v1")
  certificate = OpenSSL::X509::Certificate.new
  certificate.version = 2
  certificate.subject = certificate.issuer = OpenSSL::X509::Name.parse("/CN=localhost")
  certificate.not_before = Time.now - 60
  certificate.not_after = Time.now + 3600
  certificate.public_key = key
  name = OpenSSL::X509::ExtensionFactory.new.create_extension("subjectAltName", "DNS:localhost")
  certificate.add_extension(name)
  [key, certificate.sign(key, "SHA256")]
end

# Serves one page and fetches it.
def page
  key, certificate = identity
  server = WEBrick::HTTPServer.new(
    BindAddress: "127.0.0.1", Port: 0, Logger: WEBrick::Log.new(File::NULL), AccessLog: [],
    SSLEnable: true, SSLPrivateKey: key, SSLCertificate: certificate
  )
  server.mount_proc("/") { |_, answer| answer.body = "a page over TLS" }
  serving = Thread.new { server.start }

  asking = Net::HTTP.new("localhost", server.config[:Port])
  asking.use_ssl = true
  asking.cert_store = OpenSSL::X509::Store.new.add_cert(certificate)
  puts "got #{asking.get("/").body}"
ensure
  server.shutdown
  serving.join
end

def noon
  paris = TZInfo::Timezone.get("Europe/Paris")
  puts "noon in UTC is #{paris.utc_to_local(Time.utc(2026, 7, 1, 12)).strftime("%H:%M")} in Paris"
end

def detect
  text = "いろはにほへと ちりぬるを わかよたれそ つねならむ".encode("Shift_JIS")
  puts "the text is in #{CharlockHolmes::EncodingDetector.detect(text)[:encoding]}"
end

[:resolve, :page, :noon, :detect].each { |work| send(work) }
