package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
)

func bundle(args []string, s streams) error {
	fs := flags("bundle")
	out := fs.String("out", "", "directory to write")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if err := noArguments(fs, rest); err != nil {
		return err
	}
	if *out == "" {
		return usagef("bundle: --out DIR is missing")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	b, err := newBuilder(s.err)
	if err != nil {
		return err
	}
	done, err := b.build(ctx)
	if err != nil {
		return err
	}
	files, err := siteFiles(b.root, done)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := copyFile(filepath.Join(*out, filepath.FromSlash(f.url)), f.path); err != nil {
			return fmt.Errorf("write the site: %w", err)
		}
	}
	list := filepath.Join(*out, filepath.FromSlash(sceneList))
	if err := os.MkdirAll(filepath.Dir(list), 0o755); err != nil {
		return fmt.Errorf("write the site: %w", err)
	}
	if err := os.WriteFile(list, []byte("[]\n"), 0o644); err != nil {
		return fmt.Errorf("write the site: %w", err)
	}
	fmt.Fprintf(s.err, "%d files in %s; serve them with any web server that knows application/wasm\n",
		len(files)+1, *out)
	return nil
}

func copyFile(to, from string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
