/* A service of many: serves one page over TLS, and fetches it, with a certificate of its own. */

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern const char service[];

static void *made(void *thing, const char *what)
{
    if (!thing) {
        fprintf(stderr, "%s: no %s\n", service, what);
        exit(1);
    }
    return thing;
}

/* Signs itself, for localhost, and is the only one that the client trusts. */
static X509 *certificate(EVP_PKEY *key)
{
    X509 *about = made(X509_new(), "certificate");
    X509_NAME *name = X509_get_subject_name(about);

    X509_set_version(about, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(about), 1);
    X509_gmtime_adj(X509_getm_notBefore(about), -3600);
    X509_gmtime_adj(X509_getm_notAfter(about), 3600);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const void *)"localhost", -1, -1, 0);
    X509_set_issuer_name(about, name);
    X509_set_pubkey(about, key);
    X509_sign(about, key, EVP_sha256());
    return about;
}

static int serve(int wire, EVP_PKEY *key, X509 *own)
{
    SSL_CTX *context = made(SSL_CTX_new(TLS_server_method()), "server");
    SSL *tls = made(SSL_new(context), "connection");
    char asked[512], page[512];

    SSL_use_certificate(tls, own);
    SSL_use_PrivateKey(tls, key);
    SSL_set_fd(tls, wire);
    if (SSL_accept(tls) != 1 || SSL_read(tls, asked, sizeof asked) <= 0)
        return 1;
    snprintf(page, sizeof page, "HTTP/1.0 200 OK\r\n\r\na page of %s", service);
    return SSL_write(tls, page, strlen(page)) <= 0;
}

static int fetch(int wire, X509 *trusted)
{
    SSL_CTX *context = made(SSL_CTX_new(TLS_client_method()), "client");
    const char *ask = "GET / HTTP/1.0\r\n\r\n";
    char page[512] = "";
    SSL *tls;

    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), trusted);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    tls = made(SSL_new(context), "connection");
    SSL_set1_host(tls, "localhost");
    SSL_set_fd(tls, wire);
    if (SSL_connect(tls) != 1 || SSL_write(tls, ask, strlen(ask)) <= 0
        || SSL_read(tls, page, sizeof page - 1) <= 0 || !strstr(page, "\r\n\r\n"))
        return 1;
    printf("got %s over %s\n", strstr(page, "\r\n\r\n") + 4, SSL_get_version(tls));
    return 0;
}

int main(void)
{
    EVP_PKEY *key = made(EVP_EC_gen("P-256"), "key");
    X509 *own = certificate(key);
    int wires[2], failed, served;
    pid_t server;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, wires) || (server = fork()) < 0)
        return 1;
    close(wires[server ? 1 : 0]);
    if (!server)
        return serve(wires[1], key, own);
    failed = fetch(wires[0], own);
    waitpid(server, &served, 0);
    return failed || served;
}
