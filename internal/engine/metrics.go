package engine

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/longshore/longshore/stages/stage"
)

// metrics are the engine's. Labels are stages, outcomes and classes, never a
// key or a package name.
type metrics struct {
	objects       *prometheus.CounterVec
	bytes         *prometheus.CounterVec
	deliveries    *prometheus.CounterVec
	failures      *prometheus.CounterVec
	duration      *prometheus.HistogramVec
	inFlight      *prometheus.GaugeVec
	halted        *prometheus.GaugeVec
	publishErrors prometheus.Counter
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		objects: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "longshore_objects_total", Help: "Object versions that left the flow, by how.",
		}, []string{"stage", "disposition"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "longshore_bytes_total", Help: "Sizes of the objects that a stage passed on or closed.",
		}, []string{"stage"}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "longshore_deliveries_total", Help: "Messages acknowledged, by what became of them.",
		}, []string{"stage", "outcome"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "longshore_stage_errors_total", Help: "Errors of a stage's handler, by class.",
		}, []string{"stage", "error_class"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "longshore_object_duration_seconds", Help: "Time inside a stage's handler.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 10),
		}, []string{"stage"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "longshore_stage_in_flight_messages", Help: "Messages received and not yet acknowledged.",
		}, []string{"stage"}),
		halted: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "longshore_stage_halted", Help: "1 while nothing passes until a person acts.",
		}, []string{"stage"}),
		publishErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "longshore_publish_errors_total", Help: "Publishes that the broker did not confirm and that were repeated.",
		}),
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.objects, m.bytes, m.deliveries, m.failures, m.duration, m.inFlight, m.halted, m.publishErrors} {
		errs = append(errs, r.Register(c))
	}
	return m, errors.Join(errs...)
}

// settled counts the end of one delivery. What the audit stage reads are
// records about objects, which were counted where they were written.
func (m *metrics) settled(stageName string, s settlement, folds bool) {
	m.deliveries.WithLabelValues(stageName, string(s.outcome)).Inc()
	if folds {
		return
	}
	switch s.outcome {
	case stage.DeadLettered, stage.Parked:
		m.objects.WithLabelValues(stageName, string(stage.Failed)).Inc()
	case stage.Passed, stage.Closed:
		if o := s.about.Artifact.Object; o != nil {
			m.bytes.WithLabelValues(stageName).Add(float64(o.Size))
		}
		if v := s.about.Artifact.Verdict; v != nil {
			m.objects.WithLabelValues(stageName, string(v.Disposition)).Inc()
		}
	}
	for _, c := range s.closed {
		m.objects.WithLabelValues(stageName, string(c.Artifact.Verdict.Disposition)).Inc()
	}
}
