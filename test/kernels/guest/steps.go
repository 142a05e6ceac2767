package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

// Under emulation everything takes ten to fifty times as long.
const (
	soon   = 120 * time.Second
	atMost = 240 * time.Second
)

const (
	// At which every program is attached.
	deepest = "cpu"

	kindsOfMatrix = "/kinds/matrix.json"
	kindsOfStress = "/kinds/stress.json"
	connections   = 4
	serverBinary  = "/srv/server"
)

// The steps by name; each leaves files in /results.
var steps = map[string]func(task) error{
	"doctor":   doctor,
	"programs": programs,
	"run":      runStep,
	"attach":   attachStep,
	"kill":     killStep,
	"stress":   stressStep,
}

// doctor keeps what `goidspan doctor --json` says.
func doctor(task task) error {
	command := goidspan(task, "doctor", "--json")
	if err := command.start(); err != nil {
		return err
	}
	defer command.keep("doctor.json")
	return command.wait(soon)
}

// programs loads each BPF program alone.
func programs(task) error {
	command := newProcess(nodeCommand("/guest/load-alone.mjs", "/app/node_modules/goidspan", results+"/programs.json")...)
	if err := command.start(); err != nil {
		return err
	}
	defer command.keep("programs.log")
	if err := command.wait(atMost); err != nil {
		return err
	}
	if !command.ProcessState.Success() {
		return fmt.Errorf("%v: %s", command.ProcessState, tail(command.text()))
	}
	return nil
}

// runStep traces a server from its first instruction to its end, by `goidspan run`.
func runStep(task task) error {
	before := loadedObjects()
	command := goidspan(task, "run", "--out", writable("run.jsonl"), "--summary", writable("run-summary.json"),
		"--", serverBinary)
	if err := command.start(); err != nil {
		return err
	}
	defer command.keep("run.log")
	server, err := listening(command)
	if err != nil {
		command.stop(syscall.SIGKILL, soon)
		return err
	}
	links := linksOf(command.Process.Pid)
	if err := matrixLoad(task.Requests, server, "run-load.json"); err != nil {
		return err
	}
	if err := command.stop(syscall.SIGTERM, soon); err != nil {
		return err
	}
	return writeJSON("run-kernel.json", kernelState{Links: links, Left: leftSince(before)})
}

// attachStep attaches to a server that runs, and detaches from it: afterwards its code must be as it was.
func attachStep(task task) error { return attachUntil(task, syscall.SIGINT, "attach") }

// killStep does the same, but goidspan is killed: the kernel itself must detach.
func killStep(task task) error { return attachUntil(task, syscall.SIGKILL, "kill") }

func attachUntil(task task, end syscall.Signal, step string) error {
	before := loadedObjects()
	server, address, err := serve(task, serverBinary)
	if err != nil {
		return err
	}
	defer server.stop(syscall.SIGKILL, soon)
	command := goidspan(task, "attach", "--pid", fmt.Sprint(server.Process.Pid), "--level", deepest, "--budget", "none", "--waits", "attributes",
		"--out", writable(step+".jsonl"), "--summary", writable(step+"-summary.json"))
	defer command.keep(step + ".log")
	if err := command.startUntil(`attached to`); err != nil {
		return err
	}
	state := kernelState{Links: linksOf(command.Process.Pid), During: len(loadedSince(before))}
	if state.ChangedDuring, err = changedCode(server.Process.Pid); err != nil {
		return err
	}
	if err := matrixLoad(task.Requests/4, address, step+"-load.json"); err != nil {
		return err
	}
	if err := command.stop(end, soon); err != nil {
		return err
	}
	state.Left = leftSince(before)
	if state.ChangedAfter, err = changedCode(server.Process.Pid); err != nil {
		return err
	}
	if state.AnswersAfter, err = answers(address); err != nil {
		return err
	}
	return writeJSON(step+"-kernel.json", state)
}

// matrixLoad puts the kinds of the matrix on a server, and keeps what was done.
func matrixLoad(requests int, server address, result string) error {
	kinds, err := readKinds(kindsOfMatrix)
	if err != nil {
		return err
	}
	servers := map[string]address{"main": server}
	load := load{kinds: kinds, servers: servers, connections: connections, requests: int64(requests)}
	return writeJSON(result, load.run())
}

// answers makes a request that nobody may see, and wants an answer.
func answers(server address) (bool, error) {
	lane := newLane(map[string]address{"main": server})
	defer lane.close()
	unseen := kind{Server: "main", Protocol: "http1", Method: "GET", Path: "/leaf", Status: 200}
	err := lane.send(unseen, "unseen")
	return err == nil, err
}

// serve starts a Go program to be traced, of the same user as goidspan, and waits until it says where it listens.
func serve(task task, binary string) (*process, address, error) {
	server := newProcess(binary)
	if task.Unprivileged {
		server.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	if err := server.start(); err != nil {
		return nil, address{}, err
	}
	at, err := listening(server)
	if err != nil {
		server.stop(syscall.SIGKILL, soon)
	}
	return server, at, err
}

var tlsLine = regexp.MustCompile(`(?m)^listening-tls (\S+)$`)

// listening waits until a server says where it listens.
func listening(server *process) (address, error) {
	match, err := server.until(`(?m)^listening (\S+)$`, soon)
	if err != nil {
		return address{}, err
	}
	at := address{Plain: match[1]}
	if match := tlsLine.FindStringSubmatch(server.text()); match != nil {
		at.TLS = match[1]
	}
	return at, nil
}

// writable makes a result that an ordinary user may write.
func writable(name string) string {
	path := filepath.Join(results, name)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o666)
	err = errors.Join(err, os.Chmod(path, 0o666), file.Close())
	if err != nil {
		say("cannot make %s: %v", path, err)
	}
	return path
}
