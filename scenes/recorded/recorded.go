// Package recorded holds the logs of the recorded scenes, one folder for each scene.
//
// It never reads them: package replay does. It stands apart from the scenes so that the page, which fetches what it needs,
// is not made bigger by it.
//
//	recorded.Files("kudu-3266-log") // ticket.log and members.json
package recorded

import (
	"embed"
	"path"
)

//go:embed */*
var files embed.FS

// File is a log or what lies beside it.
type File struct {
	Name  string
	Bytes []byte
}

// Files returns the files of a scene in the order of their names, none for a scene that has none.
func Files(scene string) []File {
	entries, err := files.ReadDir(scene)
	if err != nil {
		return nil
	}
	all := make([]File, 0, len(entries))
	for _, e := range entries {
		b, err := files.ReadFile(path.Join(scene, e.Name()))
		if err != nil {
			panic("recorded: " + err.Error())
		}
		all = append(all, File{e.Name(), b})
	}
	return all
}
