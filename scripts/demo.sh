#!/usr/bin/env bash
# The demo: a real S3 server and a local Cloudsmith, a sample bucket, one run,
# and the proof. Everything is made in a temporary folder and removed at the
# end; KEEP=1 leaves it.
set -euo pipefail
cd "$(dirname "$0")/.."
OBJECTS=${OBJECTS:-200}
work=$(mktemp -d "${TMPDIR:-/tmp}/longshore-demo.XXXXXX")
sandbox_pid=

finish() {
	code=$?
	if [[ -n $sandbox_pid ]]; then
		kill "$sandbox_pid" 2>/dev/null || true
		wait "$sandbox_pid" 2>/dev/null || true
	fi
	if [[ ${KEEP:-} == 1 ]]; then
		echo "kept: $work (state of the run, settings in sandbox.env)"
	else
		rm -rf "$work"
	fi
	exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '\n== %s\n' "$*"; }

say "Starting a real S3 server and a local Cloudsmith"
bin/pipeline-sandbox --s3-addr 127.0.0.1:0 --cloudsmith-addr 127.0.0.1:0 --owner acme --repo lab --bucket demo \
	--dir "$work/sandbox" >"$work/sandbox.env" 2>"$work/sandbox.log" &
sandbox_pid=$!
for _ in $(seq 100); do
	grep -q '^ready' "$work/sandbox.log" && break
	kill -0 "$sandbox_pid" 2>/dev/null || { cat "$work/sandbox.log" >&2; exit 1; }
	sleep 0.1
done
# shellcheck disable=SC1091
source "$work/sandbox.env"
echo "S3 at $AWS_ENDPOINT_URL_S3, Cloudsmith at $CLOUDSMITH_API_HOST"

say "Filling the bucket with $OBJECTS objects"
bin/pipeline-sandbox seed --bucket demo --objects "$OBJECTS"

say "pipeline run --source s3://demo --target acme/lab"
code=0
bin/pipeline run --source s3://demo --target acme/lab --state-dir "$work/state" || code=$?

say "The proof, made by somebody else: both sides read and compared"
bin/pipeline-sandbox compare --bucket demo || code=1
exit "$code"
