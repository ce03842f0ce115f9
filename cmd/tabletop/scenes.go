package main

import (
	"encoding/json"
	"fmt"
	"io"

	"tabletop/scenes"
)

func listScenes(args []string, s streams) error {
	fs := flags("scenes")
	asJSON := fs.Bool("json", false, "print JSON")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if err := noArguments(fs, rest); err != nil {
		return err
	}
	all := scenes.Catalogue()
	if !*asJSON {
		for _, sc := range all {
			describeScene(s.out, sc)
		}
		return nil
	}
	list := make([]any, 0, len(all))
	for _, sc := range all {
		list = append(list, sc.Describe())
	}
	return printJSON(s.out, list)
}

func describeScene(w io.Writer, sc *scenes.Scene) {
	fmt.Fprintf(w, "%s  %s\n  %s, %s, seed %d, %d stops, from %s\n", sc.ID, sc.Title, sc.System, sc.Kind, sc.Seed,
		sc.Steps(), sc.Source)
	for _, v := range sc.Variants {
		mark := " "
		if v.ID == sc.DefaultVariant {
			mark = "*"
		}
		fmt.Fprintf(w, "  %s %-22s %-8s %s\n", mark, v.ID, v.Outcome, v.Text)
	}
	for _, set := range sc.Settings {
		fmt.Fprintf(w, "    --set %s=%s  %s\n", set.Key, set.Default, set.Help)
	}
	fmt.Fprintln(w)
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
