package main

import (
	"fmt"
	"net"
	"net/http"

	"github.com/go-chi/chi/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

func serveGateway(listen, service string) error {
	conn, err := grpc.NewClient(service, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	router := chi.NewRouter()
	router.Get("/orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		order := new(text)
		if err := conn.Invoke(r.Context(), getMethod, &text{Value: chi.URLParam(r, "id")}, order); err != nil {
			http.Error(w, status.Convert(err).Message(), http.StatusBadGateway)
			return
		}
		fmt.Fprintln(w, order.Value)
	})
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Println("listening", listener.Addr())
	return http.Serve(listener, router)
}
