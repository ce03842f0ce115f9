package catalog

// Holds reports whether a row with the given key belongs to the tablet. Real Kudu hashes the key (KUDU's murmur2); here
// consecutive keys fall into consecutive buckets, which scripts can count.
func (l Location) Holds(key int64) bool {
	least, most := l.Range.bounds()
	return least <= key && key <= most && int(uint64(key)%uint64(max(1, l.Buckets))) == l.Bucket
}
