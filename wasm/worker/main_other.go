//go:build !js

package main

import "fmt"

func main() { fmt.Println("This program runs in the page. Start it with: go run ./cmd/tabletop") }
