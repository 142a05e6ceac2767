// Command guest is what runs inside a kernel of the matrix: the first process of the machine, which takes the steps it is
// told, sends what they left over the second serial port, and powers off.
//
//	guest load -kinds FILE -seconds N …   on a host: only the load (see load.go)
//
// As process 1 it reads its task from the kernel's command line: `task=` and base64url of the JSON of `task`. Results
// are the files of /results, as a gzipped tar. Nothing is judged here.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// A task says which steps to take on this kernel.
type task struct {
	// Of doctor, programs, run, attach, kill, stress.
	Steps []string `json:"steps"`
	// Requests of the step run; attach and kill make a quarter of them.
	Requests int `json:"requests"`
	// Seconds of the step stress.
	Seconds int `json:"seconds"`
	// Run goidspan as an ordinary user who holds the three capabilities.
	Unprivileged bool `json:"unprivileged"`
	// Where the results go, e.g. /dev/ttyS1.
	Port string `json:"port"`
}

func main() {
	if os.Getpid() != 1 {
		os.Exit(command(os.Args[1:]))
	}
	if err := boot(); err != nil {
		say("cannot boot: %v", err)
	}
	if err := work(); err != nil {
		say("failed: %v", err)
	}
	powerOff()
}

func command(args []string) int {
	if len(args) == 0 || args[0] != "load" {
		fmt.Fprintln(os.Stderr, "usage: guest load …")
		return 2
	}
	if err := loadCommand(args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "guest:", err)
		return 1
	}
	return 0
}

func work() error {
	task, err := readTask()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(results, 0o777); err != nil {
		return err
	}
	facts := readFacts()
	facts.Steps = map[string]outcome{}
	for _, name := range task.Steps {
		say("step %s", name)
		started := time.Now()
		err := steps[name](task)
		result := outcome{Milliseconds: time.Since(started).Milliseconds()}
		if err != nil {
			result.Error = err.Error()
			say("step %s: %v", name, err)
		}
		facts.Steps[name] = result
	}
	if err := writeJSON("facts.json", facts); err != nil {
		return err
	}
	say("sending")
	return send(task.Port)
}

func readTask() (task, error) {
	var read task
	text, err := base64.RawURLEncoding.DecodeString(os.Getenv("task"))
	if err == nil {
		err = json.Unmarshal(text, &read)
	}
	return read, err
}

// say writes to the console, which the host keeps as a log.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "guest: "+format+"\n", args...)
}
