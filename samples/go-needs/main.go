// Needs what a real program needs from its image: one word on the command line each.
package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/user"
	"time"
)

func main() {
	needs := map[string]func() error{
		"certificates": certificates,
		"timezone":     timezone,
		"user":         whoami,
		"tmp":          temporary,
	}
	if len(os.Args) != 2 || needs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: needs certificates|timezone|user|tmp")
		os.Exit(2)
	}
	if err := needs[os.Args[1]](); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// certificates fetches a page over TLS from a server of its own, whose certificate is signed by
// the authority that the image may or may not know.
func certificates() error {
	pair, err := tls.LoadX509KeyPair("/server.crt", "/server.key")
	if err != nil {
		return err
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		return err
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "a page over TLS")
	})
	// The client's refusal is what there is to see; the server would report it too.
	silent := &http.Server{Handler: page, ErrorLog: log.New(io.Discard, "", 0)}
	go silent.Serve(listener)

	_, port, _ := net.SplitHostPort(listener.Addr().String())
	answer, err := http.Get("https://localhost:" + port)
	if err != nil {
		return fmt.Errorf("no page: %w", unwrap(err))
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	fmt.Println("got", string(text))
	return err
}

// unwrap takes off the outer layers, which name a port that is new in each run.
func unwrap(err error) error {
	for {
		inner, ok := err.(interface{ Unwrap() error })
		if !ok || inner.Unwrap() == nil {
			return err
		}
		err = inner.Unwrap()
	}
}

func timezone() error {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return err
	}
	noon := time.Date(2020, time.July, 1, 12, 0, 0, 0, time.UTC)
	fmt.Println(noon.In(paris).Format("15:04 MST"))
	return nil
}

func whoami() error {
	me, err := user.Current()
	if err != nil {
		return err
	}
	fmt.Println("I am", me.Username)
	return nil
}

func temporary() error {
	file, err := os.CreateTemp("", "needs")
	if err != nil {
		return fmt.Errorf("no temporary file: %w", unwrap(err))
	}
	defer os.Remove(file.Name())
	fmt.Println("wrote a temporary file")
	return nil
}
