package glogtext

import "fmt"

// dice are random numbers by splitmix64: https://prng.di.unimi.it/splitmix64.c.
type dice struct{ state uint64 }

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1. That the small ones come a little more often does no harm here.
func (d *dice) below(n int64) int64 { return int64(d.next() % uint64(n)) }

func (d *dice) uuid() string { return fmt.Sprintf("%016x%016x", d.next(), d.next()) }
