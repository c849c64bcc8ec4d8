package s3

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/longshore/longshore/stages/stage"
)

// defaultRegion is what most S3-compatible stores sign with.
const defaultRegion = "us-east-1"

func newClient(ctx context.Context, o Options) (*s3.Client, error) {
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithHTTPClient(newHTTPClient(o)),
		config.WithRetryer(modestRetries),
	)
	if err != nil {
		return nil, stage.Halt(fmt.Errorf("loading the AWS configuration: %w", err),
			stage.Code("aws-config"),
			stage.Hint("check AWS_PROFILE, AWS_CONFIG_FILE and the files in ~/.aws"))
	}
	if cfg.Credentials != nil {
		cfg.Credentials = markedCredentials{cfg.Credentials}
	}

	// The S3 package resolves AWS_ENDPOINT_URL_S3 and its relatives, also from
	// the shared files; asking a client for the result avoids a second opinion.
	endpoint := aws.ToString(s3.NewFromConfig(cfg).Options().BaseEndpoint)
	if cfg.Region == "" {
		if endpoint == "" {
			return nil, stage.Halt(errors.New("no AWS region is configured"),
				stage.Code("region"), stage.Hint("set AWS_REGION to the region of the bucket"))
		}
		cfg.Region = defaultRegion
	}
	if err := checkEndpoint(endpoint, o.Log); err != nil {
		return nil, err
	}
	return s3.NewFromConfig(cfg, func(so *s3.Options) {
		// Buckets as host names need wildcard DNS, which private stores seldom
		// have; all of them understand paths.
		so.UsePathStyle = endpoint != ""
		// This package checks bodies itself, ranges and parts included.
		so.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		so.DisableLogOutputChecksumValidationSkipped = true
	}), nil
}

func newHTTPClient(o Options) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		// Without it a connection that died silently hangs for ever.
		WithReadTimeout(o.ReadTimeout).
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = min(o.ReadTimeout, 10*time.Second) }).
		WithTransportOptions(func(t *http.Transport) {
			// The default of 10 makes more workers than that dial anew for
			// every small object.
			t.MaxIdleConns = 0
			t.MaxIdleConnsPerHost = 256
		})
}

// modestRetries smooths over a hiccup of a listing or a HEAD; everything more
// is the engine's to decide. The client-side token bucket of the SDK is off: it
// turns a burst of failures of one object into errors of all others.
func modestRetries() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 3
		o.MaxBackoff = 2 * time.Second
		o.RateLimiter = ratelimit.None
	})
}

// checkEndpoint refuses what is not a URL, and warns where bytes and
// signatures would cross a network in the clear.
func checkEndpoint(endpoint string, log *slog.Logger) error {
	if endpoint == "" {
		return nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return stage.Halt(errors.New("the S3 endpoint is not an http(s) URL"),
			stage.Code("endpoint"),
			stage.Hint("set AWS_ENDPOINT_URL_S3 to something like https://s3.example.com"))
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		log.Warn("the S3 endpoint is not encrypted: use https in AWS_ENDPOINT_URL_S3 unless the network is trusted", "host", u.Host)
	}
	return nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// markedCredentials makes a failure to find credentials recognisable as such.
type markedCredentials struct{ aws.CredentialsProvider }

// credentialsError wraps what the chain of credential providers answered.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return "finding credentials: " + e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

func (m markedCredentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := m.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		return c, &credentialsError{err}
	}
	return c, nil
}
