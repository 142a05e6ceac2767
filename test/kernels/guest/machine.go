package main

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

const results = "/results"

// boot makes of an initramfs what programs expect of a system.
func boot() error {
	mounts := []struct{ kind, at, options string }{
		{"proc", "/proc", ""},
		{"sysfs", "/sys", ""},
		{"devtmpfs", "/dev", ""},
		{"tmpfs", "/tmp", "mode=1777"},
		{"debugfs", "/sys/kernel/debug", ""},
		{"securityfs", "/sys/kernel/security", ""},
	}
	for _, mount := range mounts {
		// Lockdown forbids debugfs, and nothing here depends on it.
		if err := syscall.Mount(mount.kind, mount.at, mount.kind, 0, mount.options); err != nil {
			say("cannot mount %s: %v", mount.at, err)
		}
	}
	if err := syscall.Sethostname([]byte("guest")); err != nil {
		return err
	}
	if err := loopbackUp(); err != nil {
		return err
	}
	return warmUp()
}

// warmUp makes a connection and waits. The first one has the kernel patch its own code a moment later, and the emulator does
// not always get that right while another processor runs through it ("Oops: int3" in inet_ehashfn).
func warmUp() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	connection, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return err
	}
	time.Sleep(200 * time.Millisecond)
	return connection.Close()
}

// loopbackUp is `ip link set lo up`.
func loopbackUp() error {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(socket)
	request := struct {
		name  [16]byte
		flags uint16
		_     [22]byte
	}{flags: syscall.IFF_UP | syscall.IFF_RUNNING}
	copy(request.name[:], "lo")
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(socket), syscall.SIOCSIFFLAGS,
		uintptr(unsafe.Pointer(&request)))
	if errno != 0 {
		return errno
	}
	_, err = net.InterfaceByName("lo")
	return err
}

// What the machine says of itself.
type facts struct {
	Release string `json:"release"`
	// As the kernel says it: none, voluntary, full or lazy, or that it does not say it.
	Preemption string `json:"preemption"`
	// Those that can be asked for, where it tells.
	Modes    []string `json:"modes"`
	Lockdown string   `json:"lockdown"`
	// What became of each step.
	Steps map[string]outcome `json:"steps"`
}

type outcome struct {
	Milliseconds int64  `json:"milliseconds"`
	Error        string `json:"error,omitempty"`
}

func readFacts() facts {
	return facts{
		Release:    strings.TrimSpace(readText("/proc/sys/kernel/osrelease")),
		Preemption: preemption(),
		Modes:      preemptionModes(),
		Lockdown:   strings.TrimSpace(readText("/sys/kernel/security/lockdown")),
	}
}

// preemption is the mode in force: in parentheses in the file of debugfs, else as the kernel said it when it booted.
func preemption() string {
	if match := regexp.MustCompile(`\((\w+)\)`).FindStringSubmatch(readText("/sys/kernel/debug/sched/preempt")); match != nil {
		return match[1]
	}
	if match := regexp.MustCompile(`Dynamic Preempt: (\w+)`).FindStringSubmatch(kernelLog()); match != nil {
		return match[1]
	}
	version := readText("/proc/sys/kernel/version")
	switch {
	case strings.Contains(version, "PREEMPT_RT"):
		return "rt"
	case strings.Contains(version, "PREEMPT"):
		return "full"
	}
	return "not said"
}

func preemptionModes() []string {
	return regexp.MustCompile(`\w+`).FindAllString(readText("/sys/kernel/debug/sched/preempt"), -1)
}

func kernelLog() string {
	buffer := make([]byte, 1<<20)
	const readAll = 3
	count, err := syscall.Klogctl(readAll, buffer)
	if err != nil {
		return ""
	}
	return string(buffer[:count])
}

func readText(path string) string {
	text, _ := os.ReadFile(path)
	return string(text)
}

func writeJSON(name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(results, name), text, 0o644)
}

// send writes the results to a serial port as a gzipped tar.
func send(port string) error {
	out, err := os.OpenFile(port, os.O_WRONLY|syscall.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	defer out.Close()
	if err := makeRaw(out); err != nil {
		return err
	}
	zip, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(zip)
	entries, err := os.ReadDir(results)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(results, entry.Name()))
		if err != nil {
			return err
		}
		header := &tar.Header{Name: entry.Name(), Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if _, err := archive.Write(text); err != nil {
			return err
		}
	}
	for _, closer := range []io.Closer{archive, zip} {
		if err := closer.Close(); err != nil {
			return err
		}
	}
	return drain(out)
}

// makeRaw keeps the terminal from changing bytes.
func makeRaw(port *os.File) error {
	var settings syscall.Termios
	if err := terminal(port, syscall.TCGETS, unsafe.Pointer(&settings)); err != nil {
		return err
	}
	settings.Oflag &^= syscall.OPOST
	settings.Lflag &^= syscall.ICANON | syscall.ECHO | syscall.ISIG
	return terminal(port, syscall.TCSETS, unsafe.Pointer(&settings))
}

// drain waits until everything has left (tcdrain).
func drain(port *os.File) error {
	const tcsbrk = 0x5409
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, port.Fd(), tcsbrk, 1)
	if errno != 0 {
		return errno
	}
	return nil
}

func terminal(port *os.File, request uintptr, settings unsafe.Pointer) error {
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, port.Fd(), request, uintptr(settings))
	if errno != 0 {
		return errno
	}
	return nil
}

func powerOff() {
	syscall.Sync()
	if err := syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF); err != nil {
		say("cannot power off: %v", err)
	}
	time.Sleep(time.Hour)
}
