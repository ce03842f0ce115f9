package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// maxSafe is the largest whole number that a script can hold exactly.
const maxSafe = 1<<53 - 1

// shape checks one field of an intent and says in words what was expected.
type shape struct {
	words string
	fits  func(v any) bool
}

func scalar(v any) bool {
	switch v.(type) {
	case map[string]any, []any, nil:
		return false
	}
	return true
}

func isObject(v any) bool { _, ok := v.(map[string]any); return ok }

func isText(v any) bool { _, ok := v.(string); return ok }

func isBool(v any) bool { _, ok := v.(bool); return ok }

func finite(v any) bool { _, ok := v.(float64); return ok }

func whole(v any) bool {
	n, ok := v.(float64)
	return ok && n == math.Trunc(n) && math.Abs(n) <= maxSafe
}

func scalars(v any) bool {
	m, ok := v.(map[string]any)
	for _, value := range m {
		ok = ok && scalar(value)
	}
	return ok
}

// records reports whether a value is a list of objects that have the given fields.
func records(v any, fields map[string]func(any) bool) bool {
	list, ok := v.([]any)
	for _, item := range list {
		record, isRecord := item.(map[string]any)
		ok = ok && isRecord
		for name, fits := range fields {
			ok = ok && fits(record[name])
		}
	}
	return ok
}

// shapes is the table of what the fields of an intent must look like.
func shapes() map[string]shape {
	text, number := shape{"text", isText}, shape{"a whole number", whole}
	flag, choice := shape{"true or false", isBool}, shape{"text or a number", scalar}
	amount := shape{"a number", finite}
	files := func(v any) bool {
		list, _ := v.([]any)
		return len(list) > 0 && records(v, map[string]func(any) bool{"name": isText, "text": isText})
	}
	acts := func(v any) bool { return records(v, map[string]func(any) bool{"after": whole, "text": isText}) }
	return map[string]shape{
		"scene": text, "variant": text, "seed": choice, "key": text, "value": choice, "text": text, "node": text, "id": choice,
		"unit": text, "file": text, "settings": {"an object of keys and values", scalars},
		"logs":  {"what the worker makes of files", isObject},
		"files": {"a list of one or more {name, bytes}", files}, "acts": {"a list of {after, text}", acts},
		"at_us": number, "step": number, "event": number, "slider": amount, "speed": amount,
		"factor": amount, "by": amount,
		"reduced": flag, "on": flag, "animate": flag,
	}
}

// parseIntent reads what the page or a script asks for. Its errors are sentences for whoever wrote the script.
func parseIntent(source []byte) (intent, error) {
	var fields map[string]any
	err := json.Unmarshal(source, &fields)
	name, named := fields["type"].(string)
	if err != nil || !named {
		return intent{}, fmt.Errorf("do: a type is expected: one of %s", strings.Join(typeNames(), ", "))
	}
	if !slices.Contains(typeNames(), name) {
		return intent{}, unknownType(name)
	}
	all := shapes()
	for _, key := range slices.Sorted(keys(fields)) {
		want, known := all[key]
		if known && fields[key] != nil && !want.fits(fields[key]) {
			return intent{}, fmt.Errorf("%s: %s: %s is expected", name, key, want.words)
		}
	}
	var x intent
	read := json.NewDecoder(bytes.NewReader(source))
	read.UseNumber() // a seed keeps all its digits until it is judged
	if err := read.Decode(&x); err != nil {
		return intent{}, errors.New(name + ": a field has an unexpected form")
	}
	return x, nil
}

func unknownType(name string) error {
	return fmt.Errorf("do: unknown type %q: one of %s is expected", name, strings.Join(typeNames(), ", "))
}

// typeNames lists the types of intents, those of the page's own controls last.
func typeNames() []string {
	public := []string{"step", "back", "play", "stop", "seek", "open", "set", "command", "select", "branch", "reset"}
	for _, name := range slices.Sorted(keys(deeds())) {
		if !slices.Contains(public, name) {
			public = append(public, name)
		}
	}
	return public
}
