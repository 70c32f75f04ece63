# Makes the key and certificate of the page's server, and has the system trust them.
set -e
openssl req -x509 -newkey rsa:2048 -noenc -days 3650 -keyout server.key -out server.crt \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost
cp server.crt /usr/local/share/ca-certificates/page.crt
update-ca-certificates
