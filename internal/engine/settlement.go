package engine

import (
	"regexp"

	"github.com/longshore/longshore/stages/stage"
)

// settlement is what becomes of a message.
type settlement struct {
	outcome stage.Outcome
	// about is the envelope that the transition is put around: the one that
	// was handled, or the closed one that came out.
	about stage.Envelope
	// records are what goes to other topics than audit.
	records []record
	// closed are other object versions that left the flow here.
	closed []stage.Envelope
	found  []stage.Object
	// shardDone as in stage.Transition.
	shardDone bool
	attempt   int
	// failure is why, unless the message passed.
	failure error
}

// passed settles a message whose handler returned outs; an error is a fault of
// the stage.
func (d *delivery) passed(outs []stage.Envelope) (settlement, error) {
	r, err := route(d.worker.node, d.worker.names, d.in, outs)
	if err != nil {
		return settlement{}, err
	}
	s := settlement{
		outcome: stage.Passed, about: d.in, attempt: d.in.Attempt,
		records: r.onward, closed: r.closed, found: r.found, shardDone: r.shardDone,
	}
	if r.own != nil {
		s.outcome, s.about = stage.Closed, *r.own
	}
	return s, nil
}

// retry sends the message to a delay topic, or gives it up after the last
// attempt.
func (d *delivery) retry(err error) settlement {
	w := d.worker
	attempt := d.in.Attempt + 1
	if attempt >= w.policy.Attempts {
		return d.giveUp(err, attempt)
	}
	wait := shortWait
	if attempt > w.policy.ShortDelays {
		wait = longWait
	}
	again := d.in
	again.Attempt = attempt
	// The answer may have been unclear: the work may be done.
	again.Doubt = true
	return settlement{
		outcome: stage.Retried, about: d.in, attempt: attempt, failure: err,
		records: []record{d.later(again, wait)},
	}
}

// delay sends the message to a delay topic because it was not ready yet.
func (d *delivery) delay(err error) settlement {
	wait, _ := stage.IsLater(err)
	return settlement{
		outcome: stage.Delayed, about: d.in, attempt: d.in.Attempt,
		records: []record{d.later(d.in, wait)},
	}
}

// restart sends the artifact back to be fetched again, or gives it up after
// the last time.
func (d *delivery) restart(err error) settlement {
	w := d.worker
	if w.plan.Restart == "" || d.in.Restarts >= w.policy.Restarts {
		return d.giveUp(err, d.in.Attempt)
	}
	again := d.in
	again.Artifact = d.in.Artifact.Only(w.plan.RestartKeeps)
	again.Attempt = 0
	again.Restarts++
	again.Doubt = true
	return settlement{
		outcome: stage.Restarted, about: d.in, attempt: d.in.Attempt, failure: err,
		records: []record{{topic: w.names.Topic(w.plan.Restart), env: again}},
	}
}

// giveUp makes a dead letter of the message.
func (d *delivery) giveUp(err error, attempt int) settlement {
	return settlement{
		outcome: stage.DeadLettered, about: d.in, attempt: attempt, failure: err,
		records: []record{d.failed(err, attempt)},
	}
}

// park keeps a message whose content makes no sense to the stage, or whose
// stage makes no sense.
func (d *delivery) park(err error) settlement {
	about := d.in
	// A record that is too large must not be so once more in the audit topic.
	about.Artifact = about.Artifact.Only([]stage.Fact{stage.FactShard, stage.FactObject})
	return settlement{
		outcome: stage.Parked, about: about, attempt: d.in.Attempt, failure: err,
		records: []record{d.failed(err, d.in.Attempt)},
	}
}

// parkUnread keeps a message that could not be decoded. All that is known of
// it is its key, which is the object's id if a stage wrote it.
func (d *delivery) parkUnread(err error) settlement {
	id := stage.ObjectID(d.pos.Key)
	if !objectID.Match(d.pos.Key) {
		// Anybody may have written it, with a key that no record can carry.
		id = stage.NewObjectID("", string(d.pos.Key))
	}
	d.in = stage.Envelope{Run: d.worker.names.Run, ID: id}
	return d.park(err)
}

var objectID = regexp.MustCompile(`^[0-9a-f]{32}$`)
