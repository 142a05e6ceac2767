package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A kind of request. What spans come of it is no business of the load.
type kind struct {
	Name string `json:"name"`
	// Name of the server that it goes to.
	Server string `json:"server"`
	// http1, h2 (over TLS) or h2c.
	Protocol string `json:"protocol"`
	Method   string `json:"method"`
	// With the part of the query that is the same in all; the id comes after it.
	Path string `json:"path"`
	// So many headers that mean nothing, beside Go's own.
	Headers int `json:"headers"`
	// The form of a traceparent to send, in which T stands for the trace and S for the span; empty for none.
	Traceparent string `json:"traceparent"`
	// Hang up as soon as the answer begins.
	Abandon bool `json:"abandon"`
	// Of the answer; 0 where there must be none.
	Status int `json:"status"`
}

// An address is where a server listens: host:port, for plain text and for TLS.
type address struct {
	Plain string `json:"plain"`
	TLS   string `json:"tls"`
}

// A load is a list of kinds that take turns: request n is of kind n modulo their number, and its id is `name.n`.
type load struct {
	kinds       []kind
	servers     map[string]address
	connections int
	// End after so many requests, or at that time.
	requests int64
	until    time.Time
}

// What the load did: requests 0 to Requests-1, all answered as they should be but those in Failures.
type done struct {
	Requests int64              `json:"requests"`
	Failures []string           `json:"failures"`
	Servers  map[string]address `json:"servers"`
}

const failuresMax = 20

func readKinds(path string) ([]kind, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var kinds []kind
	err = json.Unmarshal(text, &kinds)
	return kinds, err
}

// run sends the requests, each lane over connections of its own, and waits for all answers.
func (l load) run() done {
	var next atomic.Int64
	var lanes sync.WaitGroup
	var lock sync.Mutex
	did := done{Failures: []string{}, Servers: l.servers}
	for i := 0; i < l.connections; i++ {
		lanes.Add(1)
		go func() {
			defer lanes.Done()
			lane := newLane(l.servers)
			defer lane.close()
			for {
				if !l.until.IsZero() && time.Now().After(l.until) {
					return
				}
				n := next.Add(1) - 1
				if l.requests > 0 && n >= l.requests {
					return
				}
				kind := l.kinds[n%int64(len(l.kinds))]
				err := lane.send(kind, fmt.Sprintf("%s.%d", kind.Name, n))
				lock.Lock()
				did.Requests++
				if err != nil && len(did.Failures) < failuresMax {
					did.Failures = append(did.Failures, fmt.Sprintf("%s.%d: %v", kind.Name, n, err))
				}
				lock.Unlock()
			}
		}()
	}
	lanes.Wait()
	return did
}

// A lane sends one request after the other: over one connection for each protocol and server.
type lane struct {
	servers map[string]address
	clients map[string]*http.Client
}

func newLane(servers map[string]address) *lane {
	return &lane{servers: servers, clients: map[string]*http.Client{}}
}

func (l *lane) client(protocol string) *http.Client {
	if l.clients[protocol] == nil {
		protocols := new(http.Protocols)
		switch protocol {
		case "http1":
			protocols.SetHTTP1(true)
		case "h2":
			protocols.SetHTTP2(true)
		case "h2c":
			protocols.SetUnencryptedHTTP2(true)
		}
		l.clients[protocol] = &http.Client{
			Timeout:       time.Minute,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{
				Protocols:          protocols,
				DisableCompression: true,
				// Made by the server for an hour.
				TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
			},
		}
	}
	return l.clients[protocol]
}

func (l *lane) close() {
	for _, client := range l.clients {
		client.CloseIdleConnections()
	}
}

func (l *lane) send(kind kind, id string) error {
	request, cancel, err := l.request(kind, id)
	if err != nil {
		return err
	}
	defer cancel()
	response, err := l.client(kind.Protocol).Do(request)
	if err == nil {
		defer response.Body.Close()
		if kind.Abandon {
			return nil
		}
		var body []byte
		body, err = io.ReadAll(response.Body)
		if err == nil && response.StatusCode != kind.Status {
			return fmt.Errorf("status %d: %s", response.StatusCode, strings.TrimSpace(string(body)))
		}
	}
	if kind.Status != 0 {
		return err
	}
	if err == nil {
		return errors.New("was answered")
	}
	return nil
}

func (l *lane) request(kind kind, id string) (*http.Request, context.CancelFunc, error) {
	context, cancel := context.WithCancel(context.Background())
	server := l.servers[kind.Server]
	base := "http://" + server.Plain
	if kind.Protocol == "h2" {
		base = "https://" + server.TLS
	}
	separator := "?"
	if strings.Contains(kind.Path, "?") {
		separator = "&"
	}
	request, err := http.NewRequestWithContext(context, kind.Method, base+kind.Path+separator+"id="+id, nil)
	if err != nil {
		cancel()
		return nil, nil, err
	}
	for i := 0; i < kind.Headers; i++ {
		request.Header.Set(fmt.Sprintf("X-Number-%d", i), fmt.Sprintf("value %d of %s", i, id))
	}
	if kind.Traceparent != "" {
		trace, span := remoteIDs(id)
		request.Header.Set("Traceparent", strings.NewReplacer("T", trace, "S", span).Replace(kind.Traceparent))
	}
	return request, cancel, nil
}

// remoteIDs are the trace and span that a request claims to come from: the first bytes of a hash of its id.
func remoteIDs(id string) (trace, span string) {
	hash := sha256.Sum256([]byte(id))
	return hex.EncodeToString(hash[:16]), hex.EncodeToString(hash[16:24])
}

// loadCommand is the load on a host. It says what it did as JSON.
func loadCommand(args []string) error {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	kinds := flags.String("kinds", "", "file of kinds, as JSON")
	servers := flags.String("servers", "", "addresses by name, as JSON")
	connections := flags.Int("connections", 16, "lanes, each with connections of its own")
	seconds := flags.Int("seconds", 10, "for how long requests are started")
	churned := flags.String("churn", "", "a server to start and end all the time meanwhile")
	if err := flags.Parse(args); err != nil {
		return err
	}
	load := load{connections: *connections, until: time.Now().Add(time.Duration(*seconds) * time.Second)}
	var err error
	if load.kinds, err = readKinds(*kinds); err != nil {
		return err
	}
	if err = json.Unmarshal([]byte(*servers), &load.servers); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(stress(load, *churned))
}
