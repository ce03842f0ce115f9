package replay

// unyear gives all times whose year nobody knows the year 0000, also those behind a New Year.
func (r *Report) unyear() {
	for _, at := range r.times() {
		if at != nil {
			*at = unyeared(*at)
		}
	}
}

func unyeared(at string) string {
	if at < stampText(firstYears) {
		return "0000" + at[4:]
	}
	return at
}

// times returns all times of a report. Some are nil.
func (r *Report) times() (all []*string) {
	for i := range r.Files {
		all = append(all, r.Files[i].First, r.Files[i].Last)
	}
	for i := range r.Leaders {
		all = append(all, &r.Leaders[i].From, r.Leaders[i].To)
	}
	for i := range r.Elections {
		all = append(all, &r.Elections[i].At, r.Elections[i].Decided)
	}
	for i := range r.Pauses {
		all = append(all, &r.Pauses[i].From, r.Pauses[i].To)
	}
	for i := range r.Restarts {
		all = append(all, &r.Restarts[i].At)
	}
	for i := range r.Findings {
		all = append(all, &r.Findings[i].From, &r.Findings[i].To)
	}
	for i := range r.Operations {
		all = append(all, &r.Operations[i].Call, r.Operations[i].Return)
	}
	return all
}
