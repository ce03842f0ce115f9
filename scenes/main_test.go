package scenes

import "flag"

var _ = flag.Bool("rewrite", false, "write golden files anew")
