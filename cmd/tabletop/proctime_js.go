package main

import (
	"syscall/js"
	"time"
)

// processorTime returns how long processors have worked for node: what else runs on the machine does not count.
func processorTime() time.Duration {
	used := js.Global().Get("process").Call("cpuUsage")
	return time.Duration(used.Get("user").Int()+used.Get("system").Int()) * time.Microsecond
}
