// Command orders is two services to look at with goidspan, neither of which knows anything of tracing.
//
//	orders gateway   serves GET /orders/{id} by chi, and asks the other one by gRPC
//	orders service   answers by gRPC: from Redis by go-redis, and what is not there from PostgreSQL by pgx
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("orders gateway|service [options]")
	}
	flags := flag.NewFlagSet("orders "+os.Args[1], flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:0", "address to serve on")
	switch os.Args[1] {
	case "gateway":
		service := flags.String("service", "127.0.0.1:50051", "address of the service")
		flags.Parse(os.Args[2:])
		log.Fatal(serveGateway(*listen, *service))
	case "service":
		postgres := flags.String("postgres", "postgres://postgres@127.0.0.1/shop", "where the orders are")
		redis := flags.String("redis", "127.0.0.1:6379", "where they are looked for before")
		flags.Parse(os.Args[2:])
		log.Fatal(serveOrders(*listen, *postgres, *redis))
	default:
		fmt.Fprintf(os.Stderr, "orders %s: neither gateway nor service\n", os.Args[1])
		os.Exit(2)
	}
}
