package main

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

const stressLanes = 24

// What outlives its request is over after that time.
const afterglow = 2 * time.Second

// stressStep traces two servers, and whatever else is started, under all kinds of requests at once.
func stressStep(task task) error {
	command := goidspanOnAll(task, "attach", "--exe", "/srv/*", "--level", deepest, "--budget", "none", "--waits", "attributes", "--out", writable("stress.jsonl"),
		"--summary", writable("stress-summary.json"))
	servers := map[string]address{}
	for name, binary := range map[string]string{"main": serverBinary, "xnet": "/srv/xnet"} {
		server, address, err := serve(task, binary)
		if err != nil {
			return err
		}
		defer server.stop(syscall.SIGKILL, soon)
		servers[name] = address
	}
	defer command.keep("stress.log")
	if err := command.startUntil(`(?s)attached to.*attached to`); err != nil {
		return err
	}
	kinds, err := readKinds(kindsOfStress)
	if err != nil {
		return err
	}
	until := time.Now().Add(time.Duration(task.Seconds) * time.Second)
	load := load{kinds: kinds, servers: servers, connections: stressLanes, until: until}
	if err := writeJSON("stress-load.json", stress(load, "/srv/churned")); err != nil {
		return err
	}
	return command.stop(syscall.SIGINT, atMost)
}

// stress runs a load while a server comes and goes, and waits until what it has started is over.
func stress(load load, churned string) done {
	over := make(chan struct{})
	go func() {
		defer close(over)
		if churned != "" {
			churn(churned, load.until)
		}
	}()
	did := load.run()
	<-over
	time.Sleep(afterglow)
	return did
}

// churn starts a server, makes some requests (`?churn=`), has it replace itself by exec every other time, and kills it:
// again and again until that time. Whether goidspan was there in time for its requests is left open.
func churn(binary string, until time.Time) {
	for round := 0; time.Now().Before(until); round++ {
		if err := churnOnce(binary, round); err != nil {
			fmt.Fprintln(os.Stderr, "guest: churn:", err)
			return
		}
	}
}

func churnOnce(binary string, round int) error {
	server, at, err := serve(task{}, binary)
	if err != nil {
		return err
	}
	defer server.stop(syscall.SIGKILL, soon)
	lane := newLane(map[string]address{"churned": at})
	defer lane.close()
	request := kind{Server: "churned", Protocol: "http1", Method: "GET", Status: 200}
	for n := range 20 {
		request.Path = fmt.Sprintf("/leaf?churn=%d", round)
		if err := lane.send(request, fmt.Sprintf("churn.%d", n)); err != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	if round%2 == 0 {
		request.Path, request.Status = fmt.Sprintf("/exec?churn=%d", round), 0
		if err := lane.send(request, "churn.exec"); err != nil {
			return err
		}
		_, err = server.until(`(?s)listening \S+\n.*listening \S+\n`, soon)
	}
	return err
}
