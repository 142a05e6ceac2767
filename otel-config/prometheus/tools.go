//go:build tools

// Package prometheus pins the Prometheus and the promtool that the tests check rules with; they are built, never imported.
package prometheus

import (
	_ "github.com/prometheus/prometheus/cmd/prometheus"
	_ "github.com/prometheus/prometheus/cmd/promtool"
)
