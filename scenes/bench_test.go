package scenes

import "testing"

func BenchmarkRun(b *testing.B) {
	s := find(b, "kudu-3266")
	seed := uint64(0)
	for b.Loop() {
		seed++
		run(b, s, Options{Seed: seed})
	}
}

func BenchmarkMeasure(b *testing.B) {
	s := find(b, "kudu-3266")
	seed := uint64(0)
	for b.Loop() {
		seed++
		if _, err := s.Measure(Options{Seed: seed}); err != nil {
			b.Fatal(err)
		}
	}
}
