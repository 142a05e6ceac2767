package main

import (
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"runtime/debug"
	"strconv"
)

// tunePath is where `goidspan advise --apply` asks a program to take what it is advised:
//
//	PUT /debug/goidspan/tune?gogc=N&gomemlimit=BYTES&gomaxprocs=N
//
// with any of the three. The answer is 200 and says what was changed, or 400 and nothing was. Like everything under /debug it is
// for those who run the program: serve it on an address that others do not reach.
const tunePath = "/debug/goidspan/tune"

// settings are what may be tuned: by the name of the parameter the least value that it takes, and how it is set, which returns
// what it was before.
var settings = []struct {
	name  string
	least int64
	set   func(int64) int64
}{
	{"gogc", 1, func(n int64) int64 { return int64(debug.SetGCPercent(int(n))) }},
	{"gomemlimit", 1 << 20, debug.SetMemoryLimit},
	{"gomaxprocs", 1, func(n int64) int64 { return int64(runtime.GOMAXPROCS(int(n))) }},
}

func tune(w http.ResponseWriter, r *http.Request) {
	values, err := tuned(r.URL.Query())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, setting := range settings {
		if value, wanted := values[setting.name]; wanted {
			fmt.Fprintf(w, "%s %d → %d\n", setting.name, setting.set(value), value)
		}
	}
}

// tuned is what a request asks for, if all of it can be had.
func tuned(query url.Values) (map[string]int64, error) {
	values := map[string]int64{}
	for _, setting := range settings {
		if !query.Has(setting.name) {
			continue
		}
		value, err := strconv.ParseInt(query.Get(setting.name), 10, 64)
		if err != nil || value < setting.least {
			return nil, fmt.Errorf("%s must be a number from %d on", setting.name, setting.least)
		}
		values[setting.name] = value
	}
	if len(values) != len(query) {
		return nil, fmt.Errorf("only gogc, gomemlimit and gomaxprocs can be set")
	}
	return values, nil
}
