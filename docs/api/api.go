// Package api holds the description of Cameo's HTTP interface, so that the program can serve it: go:embed
// cannot reach upward.
package api

import _ "embed"

//go:embed openapi.yaml
var spec []byte

// Spec returns the OpenAPI 3.0 document, in YAML. The caller must not change it.
func Spec() []byte { return spec }
