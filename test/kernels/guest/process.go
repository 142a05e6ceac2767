package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// A process that a step has started, and what it has written so far.
type process struct {
	*exec.Cmd
	lock   sync.Mutex
	output bytes.Buffer
	ended  chan struct{}
	// It has only one of the processors.
	onOne bool
}

// Write takes what the process writes.
func (p *process) Write(text []byte) (int, error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.output.Write(text)
}

func (p *process) text() string {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.output.String()
}

const (
	capSysPtrace = 19
	capPerfmon   = 38
	capBpf       = 39
	nobody       = 65534
)

func newProcess(args ...string) *process {
	p := &process{Cmd: exec.Command(args[0], args[1:]...), ended: make(chan struct{})}
	p.Stdout, p.Stderr = p, p
	p.Env = []string{"PATH=/usr/bin:/bin", "HOME=/tmp", "OTEL_TRACES_EXPORTER=none"}
	return p
}

// nodeCommand is Node that compiles in the thread that runs the code: QEMU 7.2 does not always get code right that one
// processor writes while another runs it. Without any probe, 2 of 56 runs of `goidspan inspect` crashed there.
func nodeCommand(args ...string) []string {
	return append([]string{"/usr/bin/node", "--single-threaded"}, args...)
}

// goidspan is the command as a user has it, with the task's rights. On one processor, since the thread that plans has code
// made, too, while the main thread runs its own.
func goidspan(task task, args ...string) *process {
	p := goidspanOnAll(task, args...)
	p.onOne = true
	return p
}

// goidspanOnAll is the same on all processors, as a load wants it that keeps both busy.
func goidspanOnAll(task task, args ...string) *process {
	p := newProcess(nodeCommand(append([]string{"/app/node_modules/.bin/goidspan"}, args...)...)...)
	if task.Unprivileged {
		p.SysProcAttr = &syscall.SysProcAttr{
			Credential:  &syscall.Credential{Uid: nobody, Gid: nobody},
			AmbientCaps: []uintptr{capSysPtrace, capPerfmon, capBpf},
		}
	}
	return p
}

func (p *process) start() error {
	if err := p.started(); err != nil {
		return err
	}
	go func() {
		p.Cmd.Wait()
		close(p.ended)
	}()
	return nil
}

// started starts it, on one processor if it is to be: a process has those of the thread that starts it.
func (p *process) started() error {
	if !p.onOne {
		return p.Cmd.Start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all [16]uintptr
	one := [16]uintptr{1}
	if err := affinity(syscall.SYS_SCHED_GETAFFINITY, &all); err != nil {
		return err
	}
	if err := affinity(syscall.SYS_SCHED_SETAFFINITY, &one); err != nil {
		return err
	}
	return errors.Join(p.Cmd.Start(), affinity(syscall.SYS_SCHED_SETAFFINITY, &all))
}

// affinity gets or sets the processors of the calling thread, a bit each.
func affinity(call uintptr, processors *[16]uintptr) error {
	_, _, errno := syscall.RawSyscall(call, 0, unsafe.Sizeof(*processors), uintptr(unsafe.Pointer(processors)))
	if errno != 0 {
		return fmt.Errorf("cannot choose processors: %w", errno)
	}
	return nil
}

// until waits for output that matches, and returns the groups of the match.
func (p *process) until(pattern string, limit time.Duration) ([]string, error) {
	wanted := regexp.MustCompile(pattern)
	deadline := time.Now().Add(limit)
	for {
		over := p.hasEnded()
		if match := wanted.FindStringSubmatch(p.text()); match != nil {
			return match, nil
		}
		if over {
			return nil, fmt.Errorf("%s ended (%v) before %q: %s", p.Args[0], p.ProcessState, pattern, tail(p.text()))
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("no %q within %v: %s", pattern, limit, tail(p.text()))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// startUntil starts the process and waits for output that matches; without it, the process is ended.
func (p *process) startUntil(pattern string) error {
	err := p.start()
	if err == nil {
		if _, err = p.until(pattern, soon); err != nil {
			p.stop(syscall.SIGKILL, soon)
		}
	}
	return err
}

func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// stop sends a signal and waits for the end; what takes too long is killed, which is an error.
func (p *process) stop(signal os.Signal, limit time.Duration) error {
	p.Process.Signal(signal)
	return p.wait(limit)
}

func (p *process) wait(limit time.Duration) error {
	select {
	case <-p.ended:
		return nil
	case <-time.After(limit):
		p.Process.Kill()
		<-p.ended
		return fmt.Errorf("%v did not end within %v: %s", p.Args, limit, tail(p.text()))
	}
}

// keep leaves what the process wrote among the results.
func (p *process) keep(name string) {
	os.WriteFile(results+"/"+name, []byte(p.text()), 0o644)
}

func tail(text string) string {
	const most = 1500
	if len(text) > most {
		return "…" + text[len(text)-most:]
	}
	return text
}
