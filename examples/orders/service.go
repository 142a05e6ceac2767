package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

type text = wrapperspb.StringValue

const (
	serviceName = "shop.Orders"
	getMethod   = "/" + serviceName + "/Get"
)

type orders struct {
	stored *pgxpool.Pool
	cached *redis.Client
}

// get looks into Redis first, and puts there what it has got from PostgreSQL.
func (o *orders) get(ctx context.Context, id string) (string, error) {
	key := "order:" + id
	order, err := o.cached.Get(ctx, key).Result()
	if !errors.Is(err, redis.Nil) {
		return order, err
	}
	if err := o.stored.QueryRow(ctx, "select 'order ' || $1::text", id).Scan(&order); err != nil {
		return "", err
	}
	return order, o.cached.Set(ctx, key, order, time.Minute).Err()
}

// What protoc would make of `service Orders { rpc Get (StringValue) returns (StringValue); }`.
var description = grpc.ServiceDesc{
	ServiceName: serviceName,
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Get",
		Handler: func(server any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			id := new(text)
			if err := decode(id); err != nil {
				return nil, err
			}
			order, err := server.(*orders).get(ctx, id.Value)
			return &text{Value: order}, err
		},
	}},
}

func serveOrders(listen, postgres, redisAddress string) error {
	stored, err := pgxpool.New(context.Background(), postgres)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	server.RegisterService(&description, &orders{stored, redis.NewClient(&redis.Options{Addr: redisAddress})})
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Println("listening", listener.Addr())
	return server.Serve(listener)
}
