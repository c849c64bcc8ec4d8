package wire

// Headers of every record: CloudEvents 1.0 in Kafka's binary mode, and W3C
// trace context.
const (
	HeaderSpecVersion = "ce_specversion"
	HeaderID          = "ce_id"
	HeaderType        = "ce_type"
	HeaderSource      = "ce_source"
	HeaderSubject     = "ce_subject"
	HeaderTime        = "ce_time"
	HeaderSchema      = "ce_dataschema"
	HeaderContentType = "content-type"
	HeaderTrace       = "traceparent"
)

// Headers of records in delay topics.
const (
	// HeaderNotBefore is when the record's time comes, RFC 3339 with
	// nanoseconds.
	HeaderNotBefore = "longshore.not_before"
	// HeaderOriginalTopic is where the record goes then.
	HeaderOriginalTopic = "longshore.original_topic"
)

// Headers of dead letters. The first family is Kafka's own (KIP-1191), which
// user interfaces read; the second is watermill's, which its tools read.
const (
	HeaderDLQTopic      = "__dlq.errors.topic"
	HeaderDLQPartition  = "__dlq.errors.partition"
	HeaderDLQOffset     = "__dlq.errors.offset"
	HeaderDLQGroup      = "__dlq.errors.group"
	HeaderDLQDeliveries = "__dlq.errors.delivery.count"
	HeaderDLQMessage    = "__dlq.errors.message"

	headerPoisonReason     = "reason_poisoned"
	headerPoisonTopic      = "topic_poisoned"
	headerPoisonHandler    = "handler_poisoned"
	headerPoisonSubscriber = "subscriber_poisoned"

	HeaderErrorClass     = "longshore.error.class"
	HeaderErrorCode      = "longshore.error.code"
	HeaderErrorHint      = "longshore.error.hint"
	HeaderErrorStage     = "longshore.error.stage"
	HeaderErrorRetryable = "longshore.error.retryable"
	HeaderErrorFirstAt   = "longshore.error.first_at"
	HeaderErrorLastAt    = "longshore.error.last_at"
	HeaderErrorAttempts  = "longshore.error.attempts"

	HeaderRun      = "longshore.run_id"
	HeaderObject   = "longshore.object_id"
	HeaderPlanHash = "longshore.plan_hash"
	// HeaderReplayOf is the id of the dead letter that an operator sent once
	// more, HeaderReplayCount how often that happened. They are of the
	// record's history, not of its failure, and stay with it.
	HeaderReplayOf    = "longshore.replay_of"
	HeaderReplayCount = "longshore.replay_count"
)
