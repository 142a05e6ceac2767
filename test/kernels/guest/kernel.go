package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// What a step saw of BPF in the kernel, and of the code of the server.
type kernelState struct {
	// multi or perf: how the probes are attached.
	Links string `json:"links"`
	// Number of programs, maps and links that were there while the probes were.
	During int `json:"during"`
	// Those that were still there afterwards, by kind and id.
	Left []string `json:"left"`
	// Places of the server's code that were other than in its file, while attached and afterwards.
	ChangedDuring []string `json:"changedDuring"`
	ChangedAfter  []string `json:"changedAfter"`
	// The server still answered afterwards.
	AnswersAfter bool `json:"answersAfter"`
}

// Commands of bpf(2) that walk over the ids of all objects (include/uapi/linux/bpf.h).
var nextIDCommands = map[string]uintptr{"program": 11, "map": 12, "link": 31}

var bpfNumber = map[string]uintptr{"amd64": 321, "arm64": 280}[runtime.GOARCH]

// loadedObjects are all BPF programs, maps and links of the kernel.
func loadedObjects() map[string]bool {
	loaded := map[string]bool{}
	for kind, command := range nextIDCommands {
		var attr struct{ start, next, flags uint32 }
		for {
			_, _, errno := syscall.Syscall(bpfNumber, command, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
			if errno != 0 {
				break
			}
			loaded[fmt.Sprintf("%s %d", kind, attr.next)] = true
			attr.start = attr.next
		}
	}
	return loaded
}

// loadedSince are those that were not there before.
func loadedSince(before map[string]bool) []string {
	since := []string{}
	for object := range loadedObjects() {
		if !before[object] {
			since = append(since, object)
		}
	}
	return since
}

// leftSince are those that stay. The kernel frees some a moment after their last user is gone.
func leftSince(before map[string]bool) []string {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		left := loadedSince(before)
		if len(left) == 0 || time.Now().After(deadline) {
			return left
		}
	}
}

// linksOf tells by its open files how a process has attached probes.
func linksOf(pid int) string {
	folder := fmt.Sprintf("/proc/%d/", pid)
	entries, err := os.ReadDir(folder + "fd")
	if err != nil {
		return err.Error()
	}
	links := "none"
	for _, entry := range entries {
		target, _ := os.Readlink(folder + "fd/" + entry.Name())
		if strings.Contains(target, "perf_event") {
			links = "perf"
		}
		if strings.Contains(readText(folder+"fdinfo/"+entry.Name()), "uprobe_multi") {
			return "multi"
		}
	}
	return links
}

// changedCode lists where a process's code is other than in its file, and how.
func changedCode(pid int) ([]string, error) {
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return nil, err
	}
	defer memory.Close()
	file, err := os.ReadFile(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return nil, err
	}
	executable, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return nil, err
	}
	changed, mappings := []string{}, 0
	maps := readText(fmt.Sprintf("/proc/%d/maps", pid))
	for _, line := range strings.Split(maps, "\n") {
		fields := strings.Fields(line)
		if len(fields) < 6 || fields[1] != "r-xp" || fields[5] != executable {
			continue
		}
		from, to, _ := strings.Cut(fields[0], "-")
		start, end, offset := hexadecimal(from), hexadecimal(to), hexadecimal(fields[2])
		code := make([]byte, end-start)
		if _, err := memory.ReadAt(code, start); err != nil {
			return nil, err
		}
		mappings++
		for _, change := range differences(code, file[min(offset, int64(len(file))):]) {
			at, now := start+int64(change.from), code[change.from:change.to]
			text := fmt.Sprintf("%#x: %x instead of %x", at, now, file[offset+int64(change.from):offset+int64(change.to)])
			if len(now) == 5 && now[0] == 0xe8 {
				target := at + 5 + int64(int32(binary.LittleEndian.Uint32(now[1:])))
				text += ", a call into " + mappingOf(target, maps)
			}
			changed = append(changed, text)
		}
	}
	if mappings == 0 {
		return nil, fmt.Errorf("process %d has no code of %s", pid, executable)
	}
	return changed, nil
}

// A run of bytes that differ.
type change struct{ from, to int }

// differences lists them, as far as both go.
func differences(code, file []byte) []change {
	var found []change
	length := min(len(code), len(file))
	for i := 0; i < length; i++ {
		from := i
		for i < length && code[i] != file[i] {
			i++
		}
		if i > from {
			found = append(found, change{from, i})
		}
	}
	return found
}

// mappingOf is the name of what is mapped at an address.
func mappingOf(address int64, maps string) string {
	for _, line := range strings.Split(maps, "\n") {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		from, to, _ := strings.Cut(fields[0], "-")
		if address >= hexadecimal(from) && address < hexadecimal(to) {
			return strings.Join(fields[5:], " ")
		}
	}
	return "nothing"
}

func hexadecimal(text string) int64 {
	value, _ := strconv.ParseInt(text, 16, 64)
	return value
}
