#!/usr/bin/env bash
# Installs the official client into a virtual environment of its own, or finds
# that it is there already: install.sh FOLDER
set -euo pipefail
venv=$1
cli=1.30.0
api=2.0.42
here=$(cd "$(dirname "$0")" && pwd)

installed() {
	[[ -x $venv/bin/cloudsmith ]] || return 1
	local said
	said=$("$venv/bin/cloudsmith" --version) || return 1
	[[ $said == *"$cli"*"$api"* ]]
}

mkdir -p "$(dirname "$venv")"
exec 9>"$venv.lock"
flock 9
installed && exit 0

python=${PYTHON:-python3}
# Debian keeps what makes environments in a package of its own, and small
# images have no Python at all.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
	if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
		echo "no $python that can make a virtual environment: install python3 and python3-venv, or set PYTHON" >&2
		exit 1
	fi
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y python3 python3-venv
fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
	echo "cloudsmith-cli $cli needs Python 3.11 or newer; set PYTHON to one" >&2
	exit 1
}
rm -rf "$venv"
"$python" -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --constraint "$here/constraints.txt" "cloudsmith-cli==$cli" "cloudsmith-api==$api"
installed || {
	echo "what was installed is not cloudsmith-cli $cli with cloudsmith-api $api" >&2
	exit 1
}
