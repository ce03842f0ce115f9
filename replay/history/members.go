package history

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Member is a node as members.json has it.
type Member struct {
	ID   string // a Kudu uuid, an etcd id in hex
	Name string
	// Address is its host and port, empty when the file does not say.
	Address string
	// Former are identities it had before, at the same address.
	Former []string
}

// ReadMembers reads members.json, in the order of names. It has one of two forms: a name leads to uuid, address and
// uuid_before; or, under "members", an id leads to a name.
func ReadMembers(file string, b []byte) ([]Member, error) {
	fail := func(want string) ([]Member, error) {
		return nil, fmt.Errorf("%s: expected %s", file, want)
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(trim(b), &fields) != nil || fields == nil {
		return fail("a JSON object")
	}
	var out []Member
	if raw, ok := fields["members"]; ok {
		var names map[string]string
		if json.Unmarshal(raw, &names) != nil {
			return fail(`"members" to be an object of ids and names`)
		}
		for id, name := range names {
			out = append(out, Member{ID: id, Name: name})
		}
	} else {
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			raw := fields[name]
			var m struct {
				UUID    string          `json:"uuid"`
				Address string          `json:"address"`
				Before  json.RawMessage `json:"uuid_before"`
			}
			if !bytes.HasPrefix(raw, []byte{'{'}) {
				continue // a remark about the whole
			}
			if json.Unmarshal(raw, &m) != nil || m.UUID == "" {
				return fail(fmt.Sprintf("%q to have a uuid, and an address that is a string", name))
			}
			former, ok := oneOrMore(m.Before)
			if !ok {
				return fail(fmt.Sprintf("uuid_before of %q to be a string or a list of them", name))
			}
			out = append(out, Member{ID: m.UUID, Name: name, Address: m.Address, Former: former})
		}
	}
	slices.SortFunc(out, func(a, b Member) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

func oneOrMore(raw json.RawMessage) ([]string, bool) {
	var one string
	var more []string
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil, true
	case json.Unmarshal(raw, &one) == nil:
		return []string{one}, true
	}
	return more, json.Unmarshal(raw, &more) == nil
}
