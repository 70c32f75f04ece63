// A web server of one page, which is all that there is in its image.
package main

import (
	"fmt"
	"log"
	"net/http"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "a page from scratch")
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
