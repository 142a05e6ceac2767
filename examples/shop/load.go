package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const loadConnections = 4

// load sends checkouts over a few kept connections, `rate` a second in all, and counts them. It speaks HTTP by hand: calls
// with net/http would be spans of this process too, and they are not the shop's.
func load(address string, rate int, duration time.Duration) (sent, failed int64) {
	ticks := time.NewTicker(time.Second / time.Duration(rate))
	defer ticks.Stop()
	end := time.Now().Add(duration)
	var workers sync.WaitGroup
	for i := 0; i < loadConnections; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			connection, err := net.Dial("tcp", address)
			if err != nil {
				atomic.AddInt64(&failed, 1)
				return
			}
			defer connection.Close()
			reader := bufio.NewReader(connection)
			for time.Now().Before(end) {
				<-ticks.C
				if err := checkout(connection, reader, atomic.AddInt64(&sent, 1)); err != nil {
					atomic.AddInt64(&failed, 1)
					return
				}
			}
		}()
	}
	workers.Wait()
	return sent, failed
}

func checkout(connection net.Conn, reader *bufio.Reader, cart int64) error {
	if _, err := fmt.Fprintf(connection, "GET /checkout/%d HTTP/1.1\r\nHost: shop\r\n\r\n", cart); err != nil {
		return err
	}
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", response.Status)
	}
	return nil
}
