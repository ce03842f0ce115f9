package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// ports is how many ports above the wanted one are tried when it is taken.
const ports = 50

func serve(args []string, s streams) error {
	fs := flags("serve")
	addr := fs.String("addr", "127.0.0.1:8080", "host:port to listen on")
	open := fs.Bool("open", false, "open the page in the browser")
	scenesDir := fs.String("scenes", "", "directory of more scene files")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if err := noArguments(fs, rest); err != nil {
		return err
	}
	host, port, err := splitAddr(*addr)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = serveUntil(ctx, s, serveOptions{host: host, port: port, open: *open, scenesDir: *scenesDir})
	if cancelled(err) {
		return nil
	}
	return err
}

type serveOptions struct {
	host      string
	port      int
	open      bool
	scenesDir string
}

// serveUntil builds the page and serves it until the context ends. The only line on standard output is the URL.
func serveUntil(ctx context.Context, s streams, o serveOptions) error {
	if o.scenesDir != "" && !isDir(o.scenesDir) {
		return fmt.Errorf("read the scenes: %s is not a directory", o.scenesDir)
	}
	b, err := newBuilder(s.err)
	if err != nil {
		return err
	}
	done, err := b.build(ctx)
	if err != nil {
		return err
	}
	pages, err := newSite(b.root, done, o.scenesDir)
	if err != nil {
		return err
	}
	for _, problem := range pages.problems {
		fmt.Fprintln(s.err, "tabletop:", problem)
	}
	l, err := listen(o.host, o.port)
	if err != nil {
		return err
	}
	url := "http://" + l.Addr().String() + "/"
	fmt.Fprintln(s.out, url)
	if o.open {
		openBrowser(url, s)
	}
	server := &http.Server{Handler: pages, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		return server.Close()
	}
	return nil
}

func splitAddr(addr string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, usagef("serve: --addr %q is not host:port", addr)
	}
	port, err = strconv.Atoi(text)
	if err != nil || port < 0 || port > 65535 {
		return "", 0, usagef("serve: --addr %q: the port must be a number from 0 to 65535", addr)
	}
	if host == "" {
		host = "127.0.0.1" // other machines see the page only when an address is named
	}
	return host, port, nil
}

// listen takes the wanted port, or the next free one.
func listen(host string, port int) (net.Listener, error) {
	last := min(port+ports, 65535)
	if port == 0 {
		last = 0
	}
	for p := port; ; p++ {
		l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(p)))
		if err == nil {
			return l, nil
		}
		if p >= last || !errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("listen on %s port %d: %w", host, p, err)
		}
	}
}

func openBrowser(url string, s streams) {
	name, args := "xdg-open", []string{url}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", url}
	}
	if err := exec.Command(name, args...).Start(); err != nil {
		fmt.Fprintf(s.err, "tabletop: could not open a browser: %v\n", err)
	}
}
