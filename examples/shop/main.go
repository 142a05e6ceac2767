// Command shop is a small service to look at with goidspan. It knows nothing of tracing.
//
// GET /checkout/{cart} asks for the prices of the cart's items, one goroutine an item, and reserves each of them from a
// goroutine below that one. Prices and reservations are handlers of the same service.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net"
	"net/http"
	"time"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "address to serve on")
	loadFor := flag.Duration("load", 0, "send requests to itself for that long, then exit")
	rate := flag.Int("rate", 20, "requests a second of -load")
	tunable := flag.Bool("tunable", false, "serve PUT "+tunePath+", by which anyone who reaches it may tune the runtime")
	flag.Parse()

	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening", listener.Addr())
	shop := &shop{url: "http://" + listener.Addr().String()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /checkout/{cart}", shop.checkout)
	mux.HandleFunc("GET /price/{item}", price)
	mux.HandleFunc("POST /reservations/{item}", reserve)
	if *tunable {
		mux.HandleFunc("PUT "+tunePath, tune)
	}
	go func() { log.Fatal(http.Serve(listener, mux)) }()

	if *loadFor == 0 {
		select {}
	}
	sent, failed := load(listener.Addr().String(), *rate, *loadFor)
	fmt.Printf("%d requests sent, %d failed\n", sent, failed)
}

type shop struct{ url string }

func (s *shop) checkout(w http.ResponseWriter, r *http.Request) {
	items := []string{"apple", "bread", "cheese"}
	failures := make(chan error, len(items))
	for _, item := range items {
		go func(item string) { failures <- s.buy(item) }(item)
	}
	for range items {
		if err := <-failures; err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
	}
	fmt.Fprintf(w, "cart %s: %d items\n", r.PathValue("cart"), len(items))
}

// buy asks for the price, and reserves from a goroutine of its own.
func (s *shop) buy(item string) error {
	if err := finish(http.Get(s.url + "/price/" + item)); err != nil {
		return err
	}
	done := make(chan error)
	go func() { done <- finish(http.Post(s.url+"/reservations/"+item, "text/plain", nil)) }()
	return <-done
}

func finish(response *http.Response, err error) error {
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

func price(w http.ResponseWriter, r *http.Request) {
	think(2 * time.Millisecond)
	fmt.Fprintf(w, "%s costs 3\n", r.PathValue("item"))
}

func reserve(w http.ResponseWriter, _ *http.Request) {
	think(8 * time.Millisecond)
	w.WriteHeader(http.StatusCreated)
}

// think takes up to that long.
func think(most time.Duration) { time.Sleep(time.Duration(rand.Int63n(int64(most)))) }
