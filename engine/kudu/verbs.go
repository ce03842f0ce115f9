package kudu

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tabletop/engine/catalog"
	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// Verbs returns what can be asked of a Kudu cluster, beside the faults that any cluster knows.
func (s *System) Verbs(resolve sim.Resolver) []sim.Verb {
	return append([]sim.Verb{
		{Name: "create-table", Usage: "NAME [SCHEMA] [hash=N] [range=FROM:TO]… [replicas=N] [within=DURATION] [by=CLIENT] [no-wait]",
			Help: "a client creates a table", Args: [2]int{1, -1}, Do: s.client(createOrder)},
		{Name: "alter-table", Usage: "NAME CHANGE [within=DURATION] [by=CLIENT] [no-wait]",
			Help: "a client changes a table: rename-to NAME, add-column NAME TYPE, drop-column NAME, rename-column NAME NAME, add-range FROM:TO or drop-range FROM:TO",
			Args: [2]int{2, -1}, Do: s.client(alterOrder)},
		{Name: "delete-table", Usage: "NAME", Help: "a client deletes a table", Args: [2]int{1, -1}, Do: s.client(deleteOrder)},
		{Name: "open-table", Usage: "NAME", Help: "the clients open a table", Args: [2]int{1, 1}, Do: s.open},
		{Name: "open-table-eventually", Usage: "NAME", Help: "the first client opens a table, again and again until it is there or 30 s are over",
			Args: [2]int{1, 1}, Do: s.eventually},
		{Name: "list-tables", Help: "a client lists the tables", Args: [2]int{0, -1},
			Do: s.client(func(a *arguments) (order, error) { return a.order("list", listTables{}), nil })},
		{Name: "list-masters", Help: "a client lists the masters, with their roles", Args: [2]int{0, -1},
			Do: s.client(func(a *arguments) (order, error) { return a.order("list masters", listMasters{}), nil })},
		{Name: "wait-created", Usage: "TABLE [within=DURATION]", Help: "a client asks until all of a table's tablets run", Args: [2]int{1, -1},
			Do: s.client(func(a *arguments) (order, error) {
				return a.order("created "+a.words[0], createDone{a.words[0]}), nil
			})},
		{Name: "wait-altered", Usage: "TABLE [within=DURATION]", Help: "a client asks until no change of a table is under way", Args: [2]int{1, -1},
			Do: s.client(func(a *arguments) (order, error) {
				return a.order("altered "+a.words[0], alterDone{a.words[0]}), nil
			})},
		{Name: "write", Usage: "TABLE COUNT", Help: "a client writes rows with the keys 0 to COUNT-1", Args: [2]int{2, -1},
			Do: s.client(writeOrder)},
		{Name: "scan", Usage: "TABLE", Help: "a client counts the rows of a table", Args: [2]int{1, -1}, Do: s.client(scanOrder)},
		{Name: "campaign", Usage: "NODE", Help: "a master starts an election now", Args: [2]int{1, 1},
			Do: s.master(resolve, func(m *Master, _ trace.NodeID) { m.raft.Campaign() })},
		{Name: "fail-tasks", Usage: "NODE", Help: "what a master asks of tablet servers fails for good from now on, until it is restarted",
			Args: [2]int{1, 1}, Do: s.master(resolve, func(m *Master, _ trace.NodeID) { m.failsTasks = true })},
		{Name: "transfer-leadership", Usage: "NODE", Help: "the leader hands over to a master", Args: [2]int{1, 1},
			Do: s.transfer(resolve)},
	}, s.administration(resolve)...)
}

// client returns a verb of a client, of the first unless another is named, whose arguments say what it is to do.
func (s *System) client(read func(*arguments) (order, error)) func([]string, trace.EventID) error {
	return func(args []string, cause trace.EventID) error {
		a, err := parseArguments(args)
		if err != nil {
			return err
		}
		what, err := read(a)
		if err == nil {
			err = a.used()
		}
		if err != nil {
			return err
		}
		c, err := s.caller(a.by)
		if err != nil {
			return err
		}
		if what.masters, err = s.known(a.masters); err != nil {
			return err
		}
		_, creates := what.body.(createTable)
		what.fresh, what.timeOut = !s.options.Connected || creates, s.lenient
		if created, ok := what.body.(createTable); ok && s.options.ResultCache {
			created.by = fmt.Sprintf("%s/%d", c.name, c.numbers+1)
			what.body = created
		}
		if !c.begin(what, cause) {
			return fmt.Errorf("the client is not running")
		}
		return nil
	}
}

// caller returns the client of a name, the first one if it is empty.
func (s *System) caller(name string) (*Client, error) {
	for _, c := range s.clients {
		if name == "" || c.name == name {
			return c, nil
		}
	}
	if name == "" {
		return nil, fmt.Errorf("the cluster has no client")
	}
	return nil, fmt.Errorf("there is no client %s", name)
}

// known returns the masters that a client is said to know, by name.
func (s *System) known(names []string) (all []trace.NodeID, err error) {
	for _, name := range names {
		i := slices.IndexFunc(s.masters, func(m *Master) bool { return m.name == name })
		if i < 0 {
			return nil, fmt.Errorf("%s is not a master", name)
		}
		all = append(all, s.masters[i].id)
	}
	return all, nil
}

// arguments are the words behind a verb: plain ones in order, and options.
type arguments struct {
	words   []string
	options [][2]string
	within  trace.Time
	noWait  bool
	by      string   // which client
	masters []string // that the client knows of; none: all
}

func parseArguments(args []string) (*arguments, error) {
	a := &arguments{}
	for _, word := range args {
		key, value, option := strings.Cut(word, "=")
		switch {
		case word == "no-wait":
			a.noWait = true
		case key == "by":
			a.by = value
		case key == "masters":
			a.masters = strings.Split(value, ",")
		case key == "within":
			d, err := time.ParseDuration(value)
			if err != nil || d <= 0 {
				return nil, fmt.Errorf("within: %q is not a duration: want one such as 15s", value)
			}
			a.within = trace.Time(d.Microseconds())
		case option:
			a.options = append(a.options, [2]string{key, value})
		default:
			a.words = append(a.words, word)
		}
	}
	return a, nil
}

// number takes an option's value.
func (a *arguments) number(key string, otherwise int) (int, error) {
	for i, o := range a.options {
		if o[0] != key {
			continue
		}
		n, err := strconv.Atoi(o[1])
		if err != nil || n < 1 {
			return 0, fmt.Errorf("%s: %q is not a number from 1", key, o[1])
		}
		a.options = append(a.options[:i:i], a.options[i+1:]...)
		return n, nil
	}
	return otherwise, nil
}

// used reports an option that nobody has taken.
func (a *arguments) used() error {
	if len(a.options) > 0 {
		return fmt.Errorf("unknown option %q", a.options[0][0])
	}
	return nil
}

func (a *arguments) order(text string, body any) order {
	return order{text: text, body: body, within: a.within, noWait: a.noWait}
}

// createOrder creates a table with the schema of the tickets' tests unless another is given.
func createOrder(a *arguments) (order, error) {
	schema, err := catalog.ParseSchema(cmp.Or(strings.Join(a.words[1:], " "), "key INT32"))
	if err != nil {
		return order{}, err
	}
	c := catalog.CreateTable{Name: a.words[0], Schema: schema}
	if c.Hash, err = a.number("hash", 1); err != nil {
		return order{}, err
	}
	if c.Replicas, err = a.number("replicas", 3); err != nil {
		return order{}, err
	}
	for len(a.options) > 0 && a.options[0][0] == "range" {
		r, err := catalog.ParseRange(a.options[0][1])
		if err != nil {
			return order{}, err
		}
		c.Ranges, a.options = append(c.Ranges, r), a.options[1:]
	}
	return a.order("create "+c.Name, createTable{CreateTable: c}), nil
}

func alterOrder(a *arguments) (order, error) {
	step, err := alterStep(a.words[1:])
	if err != nil {
		return order{}, err
	}
	text := "alter " + strings.Join(a.words, " ")
	if a.words[1] == "rename-to" {
		text = "rename " + a.words[0] + " " + a.words[2]
	}
	return a.order(text, alterTable{catalog.AlterTable{Table: a.words[0], Steps: []catalog.AlterStep{step}}}), nil
}

// alterStep reads what is to be changed of a table.
func alterStep(words []string) (s catalog.AlterStep, err error) {
	s = catalog.AlterStep{Name: words[len(words)-1]}
	want := 2
	switch words[0] {
	case "rename-to":
		s.Kind = catalog.RenameTable
	case "add-column":
		s.Kind, want = catalog.AddColumn, 3
	case "drop-column":
		s.Kind = catalog.DropColumn
	case "rename-column":
		s.Kind, want = catalog.RenameColumn, 3
	case "add-range":
		s.Kind = catalog.AddRange
		s.Range, err = catalog.ParseRange(s.Name)
	case "drop-range":
		s.Kind = catalog.DropRange
		s.Range, err = catalog.ParseRange(s.Name)
	default:
		return s, fmt.Errorf("unknown change %q: want rename-to NAME, add-column NAME TYPE, drop-column NAME, rename-column NAME NAME, add-range FROM:TO or drop-range FROM:TO", words[0])
	}
	if len(words) != want {
		return s, fmt.Errorf("%s: %d words behind it", words[0], len(words)-1)
	}
	switch s.Kind {
	case catalog.AddColumn:
		s.Name, s.Type = words[1], words[2]
	case catalog.RenameColumn:
		s.Name, s.To = words[1], words[2]
	case catalog.AddRange, catalog.DropRange:
		s.Name = ""
	}
	return s, err
}

func deleteOrder(a *arguments) (order, error) {
	return a.order("delete "+a.words[0], deleteTable{a.words[0]}), nil
}

func writeOrder(a *arguments) (order, error) {
	n, err := strconv.Atoi(a.words[1])
	if err != nil || n < 1 || n > 10_000 {
		return order{}, fmt.Errorf("%q is not a number of rows from 1 to 10000", a.words[1])
	}
	rows := useRows{table: a.words[0]}
	for k := range n {
		rows.keys = append(rows.keys, int64(k))
	}
	return a.order("write "+strings.Join(a.words, " "), rows), nil
}

func scanOrder(a *arguments) (order, error) {
	return a.order("scan "+a.words[0], useRows{table: a.words[0], scan: true}), nil
}

// open has the clients open a table: a single one at once; of several each 1 to 2 ms after the one before, the first
// too, as the driver of the recorded clusters did.
func (s *System) open(args []string, cause trace.EventID) error {
	what := order{text: "open " + args[0], body: openTable{args[0]}, fresh: !s.options.Connected, timeOut: s.lenient}
	switch len(s.clients) {
	case 0:
		return fmt.Errorf("the cluster has no client")
	case 1:
		if !s.clients[0].begin(what, cause) {
			return fmt.Errorf("the client is not running")
		}
		return nil
	}
	var after trace.Time
	for _, c := range s.clients {
		after += s.clients[0].jitter.Between(1000, 2000)
		c.after(after, what)
	}
	return nil
}

// eventually is the fix that was made for KUDU-3266: the test's check under ASSERT_EVENTUALLY.
func (s *System) eventually(args []string, cause trace.EventID) error {
	if len(s.clients) == 0 {
		return fmt.Errorf("the cluster has no client")
	}
	what := order{text: "open " + args[0], body: openTable{args[0]}, fresh: !s.options.Connected, timeOut: s.lenient,
		until: s.clients[0].process.Now() + operationTimeout}
	if !s.clients[0].begin(what, cause) {
		return fmt.Errorf("the client is not running")
	}
	return nil
}
