package wire_test

import (
	"time"

	"github.com/longshore/longshore/internal/wire"
	"github.com/longshore/longshore/stages/stage"
)

// samples are envelopes as they go over the topics, each with a name that its
// golden file has.
func samples() map[string]stage.Envelope {
	at := time.Date(2026, 11, 24, 9, 30, 0, 123456789, time.UTC)
	object := stage.Object{
		Bucket: "acme-artifacts", Key: "maven/org/acme/a lib+tools/1.0%/ä&<b>.jar", Size: 1 << 20,
		ETag: "9b2cf535f27731c974343645a3985328-3", VersionID: "3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY", Modified: at.Add(-time.Hour), StorageClass: "STANDARD",
	}
	e := stage.Envelope{Run: "acme-prod", ID: object.ID()}
	found := e.With(func(a *stage.Artifact) { a.Object = &object })
	staged := found.With(func(a *stage.Artifact) {
		a.Claim = &stage.Claim{Name: "acme-prod/9b2cf535", Size: 1 << 20, CRC64NVME: "ae8b14860a799888", Proof: "md5-3"}
	})
	hashed := staged.With(func(a *stage.Artifact) {
		a.Digests = &stage.Digests{SHA256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", MD5: "d41d8cd98f00b204e9800998ecf8427e"}
	})
	uploaded := hashed.With(func(a *stage.Artifact) {
		a.Labels = map[string]string{"scan": "clean"}
		a.Package = &stage.Package{
			ID:          "Qw3rTy",
			Coordinates: stage.Coordinates{Format: "generic", Name: "lib", Version: "1.0", Filename: "ä&<b>.jar", Filepath: object.Key},
			Origin:      stage.OriginCreated, Size: 1 << 20, SHA256: a.Digests.SHA256, UploadedAt: at,
		}
	})
	closed := uploaded.Close(stage.Verdict{
		Disposition: stage.Verified, Class: stage.ClassExact, SourceProof: "md5-3", Reason: "as it should be", Code: "ok",
		SHA256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", TargetSHA256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", TargetSize: 1 << 20,
	})
	shard := stage.Envelope{Run: "acme-prod", ID: stage.NewObjectID("acme-artifacts", "maven/")}.With(func(a *stage.Artifact) {
		a.Shard = &stage.Shard{Prefix: "maven/ä b/", Cursor: "opaque==", Page: 7, Listing: 1}
	})
	listed := shard.With(func(a *stage.Artifact) {
		a.Transition = &stage.Transition{
			Stage: "enumerate", Outcome: stage.Passed, At: at, Took: 150 * time.Millisecond,
			Topic: "longshore.acme-prod.shards", Partition: 1, Offset: 41, Found: []stage.Object{object}, ShardDone: true,
		}
	})
	failed := found.With(func(a *stage.Artifact) {
		a.Transition = &stage.Transition{
			Stage: "fetch", Outcome: stage.DeadLettered, At: at, Attempt: 5, Topic: "longshore.acme-prod.found", Partition: 3, Offset: 42,
			Failure: &stage.Failure{Class: stage.Permanent, Code: "access-denied", Message: "opening the object: access denied", Hint: "allow s3:GetObject"},
		}
	})
	doubtful := found
	doubtful.Doubt, doubtful.Attempt, doubtful.Restarts = true, 2, 1
	return map[string]stage.Envelope{
		"shard": shard, "found": found, "doubtful": doubtful, "staged": staged, "hashed": hashed, "uploaded": uploaded,
		"verdict": closed, "transition-found": listed, "transition-failed": failed,
	}
}

func origin() wire.Origin {
	return wire.Origin{Stage: "fetch", At: time.Date(2026, 11, 24, 9, 30, 1, 5, time.UTC)}
}
