package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// usageError is a call that could not mean anything; it ends with exit status 2.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// flags returns an empty flag set that reports nothing by itself.
func flags(name string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	return fs
}

// parse reads flags that may stand before and after the arguments, and returns the arguments.
func parse(fs *flag.FlagSet, args []string) ([]string, error) {
	var rest []string
	for {
		if err := fs.Parse(args); err != nil {
			return nil, flagError(fs, err)
		}
		used := args[:len(args)-fs.NArg()]
		args = fs.Args()
		if len(used) > 0 && used[len(used)-1] == "--" {
			return append(rest, args...), nil
		}
		if len(args) == 0 {
			return rest, nil
		}
		rest, args = append(rest, args[0]), args[1:]
	}
}

func flagError(fs *flag.FlagSet, err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	const unknown = "flag provided but not defined: -"
	if name, ok := strings.CutPrefix(err.Error(), unknown); ok {
		return usagef("%s: unknown flag --%s; valid: %s", fs.Name(), strings.TrimLeft(name, "-"), flagNames(fs))
	}
	text := strings.TrimSuffix(err.Error(), ": parse error")
	return usagef("%s: %s", fs.Name(), strings.NewReplacer("for flag -", "for --", "for -", "for --", "argument: -", "argument: --").Replace(text))
}

func flagNames(fs *flag.FlagSet) string {
	var names []string
	fs.VisitAll(func(f *flag.Flag) {
		if f.Usage != "" { // those without are for the command itself
			names = append(names, "--"+f.Name)
		}
	})
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// noArguments refuses what is left over after the flags.
func noArguments(fs *flag.FlagSet, rest []string) error {
	if len(rest) > 0 {
		return usagef("%s: unexpected argument %q", fs.Name(), rest[0])
	}
	return nil
}
