package main

import (
	"fmt"
	"os"
	"time"
)

// Runs for a minute; called with "check", it says at once that all is well.
func main() {
	if len(os.Args) > 1 && os.Args[1] == "check" {
		fmt.Println("well")
		return
	}
	time.Sleep(time.Minute)
}
