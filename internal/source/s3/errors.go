package s3

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/longshore/longshore/stages/stage"
)

// subject is what a request was about; it decides what a refusal means.
type subject int

const (
	aboutBucket subject = iota
	aboutObject
)

// symptom is what a failed request looked like on the wire.
type symptom struct {
	code   string // of the error document; for HEAD, which has none, made of the status text
	status int    // 0 if there was no answer
	about  subject
}

// rule is what a symptom means. Without a class the error stays unclassified,
// which is retryable.
type rule struct {
	class stage.Class
	is    error // sentinel to wrap
	code  string
	hint  string
}

const (
	hintKey    = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, to valid credentials"
	hintBucket = "set --source to s3://bucket/prefix with a bucket that exists at this endpoint"
	hintRegion = "set AWS_REGION to the region of the bucket"
	hintSign   = "check AWS_SECRET_ACCESS_KEY and AWS_REGION, and that AWS_ENDPOINT_URL_S3 is what clients call the store"
)

// ruleFor is the table from wire symptom to class. What it does not name
// (resets, silent connections, 5xx) is retryable.
func ruleFor(s symptom) rule {
	switch s.code {
	case "NoSuchKey", "NoSuchVersion", "NotFound":
		// HEAD answers NotFound for a missing bucket too. Preflight lists, and
		// a bucket that vanishes later halts the next listing.
		if s.about == aboutObject {
			return rule{is: stage.ErrNotFound}
		}
	case "MethodNotAllowed":
		// The version asked for is a delete marker.
		if s.about == aboutObject {
			return rule{is: stage.ErrNotFound}
		}
	case "PreconditionFailed":
		return rule{is: stage.ErrChanged}

	case "NoSuchBucket", "InvalidBucketName":
		return rule{class: stage.Halted, code: "no-bucket", hint: hintBucket}
	case "InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException", "NoSuchUser", "XAdminUserNotFound":
		return rule{class: stage.Halted, code: "bad-credentials", hint: hintKey}
	case "SignatureDoesNotMatch", "AuthorizationHeaderMalformed", "InvalidSecurity":
		// Also the answer to a wrong region, and to a proxy that changes Host.
		return rule{class: stage.Halted, code: "bad-signature", hint: hintSign}
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken":
		// The SDK renews what it can; this is a token that was handed in.
		return rule{class: stage.Halted, code: "expired-credentials", hint: "renew AWS_SESSION_TOKEN and the key that belongs to it"}
	case "RequestTimeTooSkewed":
		return rule{class: stage.Halted, code: "clock-skew", hint: "set the clock of this machine"}
	case "AccountProblem", "AllAccessDisabled", "NotSignedUp":
		return rule{class: stage.Halted, code: "account", hint: "ask the owner of the AWS account"}
	case "PermanentRedirect", "MovedPermanently", "IllegalLocationConstraintException":
		return rule{class: stage.Halted, code: "region", hint: hintRegion}

	case "InvalidObjectState":
		// GLACIER and DEEP_ARCHIVE: no retry brings it back.
		return rule{class: stage.Permanent, code: "archived", hint: "restore the object from its archive storage class, then retry it"}
	case "AccessDenied", "AccessDeniedException", "Forbidden":
		if s.about == aboutObject {
			// A policy or ACL of one object must not stop all others; the
			// engine's window of permanents notices when it is all of them.
			return rule{class: stage.Permanent, code: "access-denied", hint: "allow s3:GetObject on the object, and kms:Decrypt on its key"}
		}
		// Never an empty listing: that would be a silent loss.
		return rule{class: stage.Halted, code: "access-denied", hint: "allow s3:ListBucket on the bucket of --source to AWS_ACCESS_KEY_ID"}

	case "SlowDown", "ServiceUnavailable", "ServiceUnavailableException", "Throttling", "ThrottlingException",
		"TooManyRequests", "TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded":
		return rule{class: stage.Throttled, code: "slow-down"}
	}

	switch s.status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return rule{class: stage.Throttled, code: "slow-down"}
	case http.StatusPreconditionFailed:
		return rule{is: stage.ErrChanged}
	case http.StatusUnauthorized:
		return rule{class: stage.Halted, code: "bad-credentials", hint: hintKey}
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return rule{class: stage.Halted, code: "region", hint: hintRegion}
	}
	return rule{}
}

// classify turns an error of the SDK into one of the contract.
func classify(ctx context.Context, err error, about subject) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, ok := errors.AsType[*credentialsError](err); ok {
		// Without its cause: chains of credential providers are pages long and
		// may quote what they were given.
		return stage.Halt(errors.New("no usable AWS credentials"), stage.Code("bad-credentials"), stage.Hint(hintKey))
	}
	s, header := symptomOf(err, about)
	if s.status == 0 && isDial(err) {
		return stage.Retry(briefly(err, s), stage.Code("unreachable"),
			stage.Hint("check that AWS_ENDPOINT_URL_S3 (or AWS_REGION) leads to a store that answers"))
	}
	r, plain := ruleFor(s), briefly(err, s)
	if r.is != nil {
		return fmt.Errorf("%w: %w", r.is, plain)
	}
	opts := []stage.Option{stage.Code(r.code), stage.Hint("%s", r.hint)}
	switch r.class {
	case stage.Halted:
		return stage.Halt(plain, opts...)
	case stage.Permanent:
		return stage.NotRetryable(plain, opts...)
	case stage.Throttled:
		return stage.SlowDown(plain, retryAfter(header), opts...)
	}
	return plain
}

func symptomOf(err error, about subject) (symptom, http.Header) {
	s := symptom{about: about}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		s.code = api.ErrorCode()
	}
	if answer, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		s.status = answer.HTTPStatusCode()
		if answer.Response != nil {
			return s, answer.Response.Header
		}
	}
	return s, nil
}

// briefly keeps of the SDK's long chain what a person can use, and the chain
// itself for errors.As.
func briefly(err error, s symptom) error {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return &storeError{text: fmt.Sprintf("the store answered %d %s: %s", s.status, s.code, api.ErrorMessage()), err: err}
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return &storeError{text: op.Error(), err: err}
	}
	return err
}

type storeError struct {
	text string
	err  error
}

func (e *storeError) Error() string { return e.text }
func (e *storeError) Unwrap() error { return e.err }

// isDial says whether no connection came about at all.
func isDial(err error) bool {
	var dns *net.DNSError
	var op *net.OpError
	return errors.As(err, &dns) || (errors.As(err, &op) && op.Op == "dial")
}

// retryAfter reads the header in seconds; S3 does not send the date form.
func retryAfter(h http.Header) time.Duration {
	n, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(n) * time.Second
}
