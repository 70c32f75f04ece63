// Does what a service does: looks up a name, gets a page over TLS from a server of its own, and reads
// a time zone.
//
//   page            all of it
//   page log FILE   writes a line to a file
//   page wait       sleeps until it is told to end

#include <arpa/inet.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

template <auto Free>
struct Freed {
    template <typename T>
    void operator()(T *it) const { Free(it); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Connection = std::unique_ptr<SSL, Freed<SSL_free>>;

static void check(bool ok, const std::string &what)
{
    if (!ok)
        throw std::runtime_error(what);
}

static sockaddr_in find(const std::string &name)
{
    addrinfo hints{}, *found;
    hints.ai_family = AF_INET;
    int error = getaddrinfo(name.c_str(), nullptr, &hints, &found);
    check(!error, name + ": " + gai_strerror(error));
    auto address = *reinterpret_cast<sockaddr_in *>(found->ai_addr);
    freeaddrinfo(found);
    return address;
}

// Signs itself, for localhost, and is the only one that the client trusts.
static Certificate certificate(EVP_PKEY *key)
{
    Certificate made(X509_new());
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), key);
    auto *extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(made.get(), extension, -1);
    X509_EXTENSION_free(extension);
    check(X509_sign(made.get(), key, EVP_sha256()), "no certificate");
    return made;
}

static void serve(int listener, SSL_CTX *context)
{
    int accepted = accept(listener, nullptr, nullptr);
    Connection client(SSL_new(context));
    SSL_set_fd(client.get(), accepted);
    char request[1024];
    if (SSL_accept(client.get()) == 1 && SSL_read(client.get(), request, sizeof request) > 0) {
        std::string answer = "HTTP/1.0 200 OK\r\n\r\na page over TLS";
        SSL_write(client.get(), answer.data(), answer.size());
    }
    SSL_shutdown(client.get());
    close(accepted);
}

static std::string fetch(sockaddr_in address, const std::string &name, X509 *trusted)
{
    Context context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), trusted);
    int connected = socket(AF_INET, SOCK_STREAM, 0);
    check(!connect(connected, reinterpret_cast<sockaddr *>(&address), sizeof address), "no server");
    Connection server(SSL_new(context.get()));
    SSL_set1_host(server.get(), name.c_str());
    SSL_set_fd(server.get(), connected);
    check(SSL_connect(server.get()) == 1, "no TLS");
    std::string request = "GET / HTTP/1.0\r\n\r\n", answer;
    SSL_write(server.get(), request.data(), request.size());
    char part[1024];
    for (int count; (count = SSL_read(server.get(), part, sizeof part)) > 0;)
        answer.append(part, count);
    close(connected);
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

static void service()
{
    auto address = find("localhost");
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
    std::cout << "localhost is " << text << std::endl;

    int listener = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t length = sizeof address;
    bind(listener, reinterpret_cast<sockaddr *>(&address), length);
    listen(listener, 1);
    getsockname(listener, reinterpret_cast<sockaddr *>(&address), &length);
    Key key(EVP_EC_gen("P-256"));
    auto signed_ = certificate(key.get());
    Context context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(context.get(), signed_.get());
    SSL_CTX_use_PrivateKey(context.get(), key.get());
    std::jthread server(serve, listener, context.get());
    std::cout << "got " << fetch(address, "localhost", signed_.get()) << std::endl;

    using namespace std::chrono;
    zoned_time paris("Europe/Paris", sys_days(2020y / July / 1) + 12h);
    hh_mm_ss clock(paris.get_local_time() - floor<days>(paris.get_local_time()));
    std::cout << "noon in UTC is " << clock.hours().count() << ":00 " << paris.get_info().abbrev
              << " in Paris" << std::endl;
}

static void write_log(const std::string &path)
{
    std::ofstream file(path, std::ios::app);
    file << "a line\n" << std::flush;
    check(file.good(), "can't write " + path + ": " + std::strerror(errno));
    std::cout << "wrote to " << path << std::endl;
}

int main(int argc, char **argv)
{
    std::string what = argc > 1 ? argv[1] : "";
    try {
        if (what == "log" && argc == 3)
            write_log(argv[2]);
        else if (what == "wait" && argc == 2)
            pause();
        else if (argc == 1)
            service();
        else
            throw std::invalid_argument("it takes no words, `wait`, or `log FILE`");
    } catch (const std::exception &error) {
        std::cerr << "page: " << error.what() << std::endl;
        return 1;
    }
}
