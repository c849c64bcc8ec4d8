package engine

// point is a moment in a delivery at which a crash must lose nothing (I6).
type point string

const (
	beforeHandle  point = "before handle"
	afterHandle   point = "after handle"
	beforePublish point = "before publish"
	afterPublish  point = "after publish"
	afterAck      point = "after ack"
)
