package ops

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics counts what an instance does.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	received prometheus.Counter
	writes   prometheus.Gauge
	refused  *prometheus.CounterVec
}

// NewMetrics returns Metrics at zero, with those of the Go runtime and the process.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cameo_requests_total", Help: "Requests answered, by route, method and status.",
		}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cameo_request_seconds", Help: "Time from a request's head to the end of its answer.",
			Buckets: []float64{.001, .005, .01, .05, .1, .5, 1, 5, 30, 120, 600},
		}, []string{"route", "method"}),
		received: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cameo_upload_received_bytes_total", Help: "Bytes of upload bodies that arrived, durable or not.",
		}),
		writes: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cameo_uploads_in_flight", Help: "PATCH requests that are being served.",
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cameo_refused_total", Help: "Requests refused because a limit was reached or no room was left.",
		}, []string{"why"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.received, m.writes, m.refused,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Begin counts a request in. The function returned counts it out, with its route (a pattern, never a path),
// status, bytes of body that arrived, and duration.
func (m *Metrics) Begin(r *http.Request) func(route string, status int, in int64, took time.Duration) {
	method := known(r.Method)
	upload := method == http.MethodPatch
	if upload {
		m.writes.Inc()
	}
	return func(route string, status int, in int64, took time.Duration) {
		if upload {
			m.writes.Dec()
			m.received.Add(float64(in))
		}
		m.Count(route, method, status, took)
	}
}

// Count counts a request that needs no Begin, because it has no body: in and out.
func (m *Metrics) Count(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route, method).Observe(took.Seconds())
}

// Refused counts a request that was refused because of a limit (address, person, misses, open, day, total) or
// because a store has no room (full). Each word is a series: none may come from a client.
func (m *Metrics) Refused(why string) { m.refused.WithLabelValues(why).Inc() }

// known keeps strangers from making a series of every word that they send as a method.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions:
		return method
	}
	return "other"
}
