package catalog

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRowsAndImageAreKeptApart(t *testing.T) {
	var rows Rows
	image := Load(rows)
	table := Table{ID: "1", Name: "table-1"}
	rows.Apply(Write{Tables: []Table{table}})
	_, ok := image.Find("table-1")
	require.False(t, ok, "an image made before the write does not know of it")
	got, ok := Load(rows).Find("table-1")
	require.True(t, ok)
	require.Equal(t, table, got)
}

func TestReservationsEndWithTheCreate(t *testing.T) {
	i := Load(Rows{})
	require.True(t, i.Reserve("t"))
	require.False(t, i.Reserve("t"))
	i.Commit(Write{Tables: []Table{{ID: "1", Name: "t"}}})
	require.True(t, i.Reserve("t"))
	require.Len(t, i.Tables(), 1)
	i.Free("t")
	require.True(t, i.Reserve("t"), "a create that failed keeps nothing")
}

func TestWritesSurviveTheLog(t *testing.T) {
	schema, err := ParseSchema("key INT32, c STRING")
	require.NoError(t, err)
	w := Write{Tables: []Table{{ID: "1", Name: "t", Schema: schema, Version: 3, State: TableAltering}},
		Tablets: []Tablet{{ID: "2", Table: "1", Range: Range{0, 10}, State: TabletRunning,
			Consensus: Consensus{Term: 4, Leader: "t1", Voters: []string{"t1", "t2"}}}}, Master: "A", Request: 9}
	got, err := Decode(w.Encode())
	require.NoError(t, err)
	require.Equal(t, w, got)
	_, err = Decode([]byte("\x00"))
	require.ErrorContains(t, err, "not a write")
}

func TestADecoderDecodesEachEntryOnce(t *testing.T) {
	d := Decoder{}
	w := Write{Tables: []Table{{ID: "1", Name: "t"}}}
	for range 3 {
		got, err := d.Decode(w.Encode())
		require.NoError(t, err)
		require.Equal(t, w, got)
	}
	_, err := d.Decode([]byte("\x00"))
	require.ErrorContains(t, err, "not a write")
	require.Len(t, d, 1)
}
