// Package e2e tests the program as its users run it: the binary against a
// real S3 server and a local Cloudsmith, with kills, signals, faults, large
// buckets and bad input. Its tests have the build tag e2e, need the binaries
// of `make build`, and never skip.
package e2e
