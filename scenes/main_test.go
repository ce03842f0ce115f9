package scenes

import "flag"

var _ = flag.Bool("rewrite", false, "write golden files anew")

func rewriting() bool { return flag.Lookup("rewrite").Value.String() == "true" }
