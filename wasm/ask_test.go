package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMalformedIntents(t *testing.T) {
	const types = "do: a type is expected: one of step, back, play, stop, seek, open, set, command, select, branch, reset"
	for source, want := range map[string]string{
		`null`:                                    types,
		`"step"`:                                  types,
		`[]`:                                      types,
		`{}`:                                      types,
		`{"type": 5}`:                             types,
		`{"type": "dance"}`:                       `do: unknown type "dance": one of step,`,
		`{"type": "seek", "at_us": 1e300}`:        "seek: at_us: a whole number is expected",
		`{"type": "seek", "step": "3"}`:           "seek: step: a whole number is expected",
		`{"type": "seek", "event": 1.5}`:          "seek: event: a whole number is expected",
		`{"type": "open", "scene": 7}`:            "open: scene: text is expected",
		`{"type": "open", "settings": "x"}`:       "open: settings: an object of keys and values is expected",
		`{"type": "open", "settings": {"a":[]}}`:  "open: settings: an object of keys and values is expected",
		`{"type": "open", "files": {}}`:           "open: files: a list of one or more {name, bytes} is expected",
		`{"type": "open", "files": []}`:           "open: files: a list of one or more {name, bytes} is expected",
		`{"type": "open", "files": [{}]}`:         "open: files: a list of one or more {name, bytes} is expected",
		`{"type": "open", "seed": {}}`:            "open: seed: text or a number is expected",
		`{"type": "open", "acts": [{"after":1}]}`: "open: acts: a list of {after, text} is expected",
		`{"type": "command", "text": 5}`:          "command: text: text is expected",
		`{"type": "select", "node": []}`:          "select: node: text is expected",
		`{"type": "speed", "slider": "fast"}`:     "speed: slider: a number is expected",
	} {
		_, err := parseIntent([]byte(source))
		require.Error(t, err, source)
		assert.Contains(t, err.Error(), want)
	}
}

func TestIntentsKeepTheirDigits(t *testing.T) {
	x, err := parseIntent([]byte(`{"type": "open", "seed": 9007199254740993, "settings": {"clients": 3, "prevote": true}, "scene": null}`))
	require.NoError(t, err)
	_, err = seedOf(x.Seed)
	require.EqualError(t, err, "seed 9007199254740993: a whole number from 1 to 9007199254740991 is expected")
	assert.Equal(t, "3", text(x.Settings["clients"]))
	assert.Equal(t, "true", text(x.Settings["prevote"]))
	seed, err := seedOf(json.Number("9007199254740991"))
	require.NoError(t, err)
	assert.EqualValues(t, maxSafe, seed)
}

// FuzzIntent: no intent may end the simulator, whatever it says.
func FuzzIntent(f *testing.F) {
	for _, seed := range []string{`null`, `{"type":"seek","at_us":5}`, `{"type":"open","seed":"7"}`,
		`{"type":"open","files":[{"name":"a","text":"{}"}]}`, `{"type":"command","text":"pause A"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		x, err := parseIntent(source)
		if err == nil && x.Type != "open" && x.Type != "command" {
			s := newSession()
			if s.perform(intent{Type: "open"}) == nil {
				_ = s.perform(x) // an error is fine, a panic is not
			}
		}
	})
}
