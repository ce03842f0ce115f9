package cassandra

// stampSize is the length of a stamp.
const stampSize = len("2026-11-21 05:04:17,123")

// stamp reads "2026-11-21 05:04:17,123" as microseconds since 1970. A T may stand for the blank and a point for the
// comma: newer releases and changed configurations write ISO 8601 so. A time that does not exist is none.
func stamp(b []byte) (int64, bool) {
	if len(b) < stampSize || b[4] != '-' || b[7] != '-' || b[10] != ' ' && b[10] != 'T' || b[13] != ':' || b[16] != ':' ||
		b[19] != ',' && b[19] != '.' {
		return 0, false
	}
	year, ok1 := digits(b[:4])
	month, ok2 := digits(b[5:7])
	day, ok3 := digits(b[8:10])
	hour, ok4 := digits(b[11:13])
	minute, ok5 := digits(b[14:16])
	second, ok6 := digits(b[17:19])
	milli, ok7 := digits(b[20:23])
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || !ok7 || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	if year == 0 || month < 1 || month > 12 || day < 1 || day > monthDays(year, month) {
		return 0, false
	}
	seconds := (days(year, month, day)*24+hour)*3600 + minute*60 + second
	return (int64(seconds)*1000 + int64(milli)) * 1000, true
}

func digits(b []byte) (n int, ok bool) {
	for _, c := range b {
		if !digit(c) {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

func monthDays(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// days counts the days from 1970-01-01 in the Gregorian calendar. Years are taken to begin in March, so that the leap
// day is the last.
func days(year, month, day int) int {
	if month <= 2 {
		year--
		month += 12
	}
	const before1970 = 719468 // days from 0000-03-01
	return year*365 + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - before1970
}
