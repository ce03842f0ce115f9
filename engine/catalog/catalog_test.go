package catalog

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRowsAndImageAreKeptApart(t *testing.T) {
	var rows Rows
	image := Load(rows)
	table := Table{ID: "1", Name: "table-1", Schema: "key INT32"}
	require.True(t, rows.Apply(Write{Kind: Create, Table: table}))
	_, ok := image.Find("table-1")
	require.False(t, ok, "an image made before the write does not know of it")
	got, ok := Load(rows).Find("table-1")
	require.True(t, ok)
	require.Equal(t, table, got)
}

func TestTheFirstOfTwoCreatesHolds(t *testing.T) {
	var rows Rows
	require.True(t, rows.Apply(Write{Kind: Create, Table: Table{ID: "1", Name: "t"}}))
	require.False(t, rows.Apply(Write{Kind: Create, Table: Table{ID: "2", Name: "t"}}))
	require.Equal(t, "1", rows.Tables[0].ID)
	require.Len(t, rows.Tables, 1)
}

func TestReservationsEndWithTheCreate(t *testing.T) {
	i := Load(Rows{})
	require.True(t, i.Reserve("t"))
	require.False(t, i.Reserve("t"))
	i.Add(Table{Name: "t"})
	require.True(t, i.Reserve("t"))
	require.Len(t, i.Tables(), 1)
	i.Free("t")
	require.True(t, i.Reserve("t"), "a create that failed keeps nothing")
}

func TestWritesSurviveTheLog(t *testing.T) {
	w := Write{Kind: Create, Table: Table{ID: "1", Name: "t", Schema: "key INT32", Version: 3}, Master: "A", Request: 9}
	got, err := Decode(w.Encode())
	require.NoError(t, err)
	require.Equal(t, w, got)
	_, err = Decode([]byte("\x00"))
	require.ErrorContains(t, err, "not a write")
}

func TestADecoderDecodesEachEntryOnce(t *testing.T) {
	d := Decoder{}
	w := Write{Kind: Create, Table: Table{ID: "1", Name: "t"}}
	for range 3 {
		got, err := d.Decode(w.Encode())
		require.NoError(t, err)
		require.Equal(t, w, got)
	}
	_, err := d.Decode([]byte("\x00"))
	require.ErrorContains(t, err, "not a write")
	require.Len(t, d, 1)
}
