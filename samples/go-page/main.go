// Resolves a name, fetches a page over TLS from a server of its own, and reads a time zone.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "crash" {
		panic("as asked")
	}
	for _, work := range []func() error{resolve, page, noon} {
		if err := work(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func resolve() error {
	address, err := net.ResolveIPAddr("ip4", "localhost")
	if err == nil {
		fmt.Println("localhost is", address)
	}
	return err
}

// page serves one page and fetches it, each over TLS, with a certificate that is made here.
func page() error {
	pair, trusted, err := certificate()
	if err != nil {
		return err
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		return err
	}
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "a page over TLS")
	}))

	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	answer, err := client.Get("https://localhost:" + port)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	fmt.Println("got", string(text))
	return err
}

// certificate signs itself, for localhost, and is the only one that the client trusts.
func certificate() (tls.Certificate, *x509.CertPool, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	about := x509.Certificate{
		SerialNumber: big.NewInt(1),
		DNSNames:     []string{"localhost"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
	}
	signed, err := x509.CreateCertificate(rand.Reader, &about, &about, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	parsed, err := x509.ParseCertificate(signed)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{signed}, PrivateKey: key}, trusted, nil
}

func noon() error {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return err
	}
	noon := time.Date(2020, time.July, 1, 12, 0, 0, 0, time.UTC)
	fmt.Println("noon in UTC is", noon.In(paris).Format("15:04 MST"), "in Paris")
	return nil
}
