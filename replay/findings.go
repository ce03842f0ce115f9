package replay

import "tabletop/engine/check"

// findings are what an import can tell beside what package check finds in its trace.
func (m *importing) findings() []check.Finding { return nil }
