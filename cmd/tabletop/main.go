// Command tabletop serves the page, runs scenes and writes the static site.
//
// It never holds rules of its own about clusters or traces: a subcommand turns flags into a call of scenes or of the
// build, and its answer into text or JSON.
//
//	go run ./cmd/tabletop                   serve the page on this machine
//	go run ./cmd/tabletop scenes            list the lessons
//	go run ./cmd/tabletop run kudu-3266     run one and say how it ended
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// The exit statuses of every subcommand.
const (
	exitOK    = 0
	exitFail  = 1 // the expectation failed, or something could not be read, parsed or built
	exitUsage = 2
)

// streams are the three standard streams of one call.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// subcommand is one row of the table of what tabletop can do.
type subcommand struct {
	name  string
	usage string
	help  string
	run   func(args []string, s streams) error
}

func subcommands() []subcommand {
	return []subcommand{
		{"serve", "serve [--addr 127.0.0.1:8080] [--open] [--scenes DIR]", "serve the page (the default)", serve},
		{"scenes", "scenes [--json]", "list the lessons with their variants and settings", listScenes},
		{"run", "run SCENE|FILE [--variant V] [--seed N] [--set KEY=VALUE]… [--json] [--trace FILE]",
			"run a scene, a scene file or a trace and say how it ended", runScene},
		{"hunt", "hunt SCENE|FILE [--seeds 1000] [--from 1] [--variant V] [--set KEY=VALUE]… [--check] [--json]",
			"run a scene with many seeds and measure what happens", huntScene},
		{"replay", "replay PATH… [--year Y] [--zone ±hh:mm] [--since T] [--until T] [--json] [--trace FILE]",
			"read logs of a cluster, a client history or a trace, and say what happened;\n        " +
				"of a folder all that lies below it is read, and in a pattern ** is no more than *", replayLogs},
		{"bundle", "bundle --out DIR", "write the static site", bundle},
		{"bench", "bench [NAME]… [--list] [--json]",
			"the project's own benchmarks, one line each, with the ratio that matters", benchmark},
	}
}

func main() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// Main is the whole command with its exit status returned, so that tests call it as a shell would.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	out := &kept{w: stdout}
	err := dispatch(args, streams{stdin, out, stderr})
	if err == nil {
		err = out.err
	}
	var usage *usageError
	var silent deviation
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &silent):
		return exitFail
	case errors.As(err, &usage):
		fmt.Fprintln(stderr, "tabletop: "+oneLine(err.Error()))
		return exitUsage
	}
	fmt.Fprintln(stderr, "tabletop: "+oneLine(err.Error()))
	return exitFail
}

func dispatch(args []string, s streams) error {
	if len(args) == 0 {
		return serve(nil, s)
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		printHelp(s.out)
		return nil
	}
	if strings.HasPrefix(args[0], "-") {
		return serve(args, s)
	}
	var names []string
	for _, c := range subcommands() {
		if c.name == args[0] {
			err := c.run(args[1:], s)
			if errors.Is(err, flag.ErrHelp) {
				fmt.Fprintf(s.out, "usage: tabletop %s\n%s\n", c.usage, c.help)
				return nil
			}
			return err
		}
		names = append(names, c.name)
	}
	return usagef("unknown subcommand %q; valid: %s", args[0], strings.Join(names, ", "))
}

func printHelp(w io.Writer) {
	fmt.Fprint(w, "Tabletop: step through documented failures of replicated systems, in the browser.\n\n")
	for _, c := range subcommands() {
		fmt.Fprintf(w, "  tabletop %s\n        %s\n", c.usage, c.help)
	}
	fmt.Fprint(w, "\nExit status: 0 as expected; 1 the expectation failed or a file cannot be read; 2 wrong usage.\n")
}

// deviation ends a run whose report is already printed with status 1 and no further line.
type deviation struct{}

func (deviation) Error() string { return "the run deviates from what its scene documents" }

// kept is the standard output: that it could not be written is kept until the end, so that prints need not ask.
type kept struct {
	w   io.Writer
	err error
}

func (k *kept) Write(p []byte) (int, error) {
	n, err := k.w.Write(p)
	if err != nil && k.err == nil {
		k.err = fmt.Errorf("standard output: %w", err)
	}
	return n, k.err
}

func oneLine(text string) string { return visible(strings.Join(strings.Fields(text), " ")) }
