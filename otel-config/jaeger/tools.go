//go:build tools

// Package jaeger pins the Jaeger v2 that the tests and the demo run; it is built, never imported.
package jaeger

import _ "github.com/jaegertracing/jaeger/cmd/jaeger"
