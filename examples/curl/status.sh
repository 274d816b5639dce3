#!/bin/sh
# Tells what became of a mail.
set -eu
id=${1:?which message? its id is what send.sh printed}

printf 'user = "%s:%s"' "$EPM_CREDENTIAL" "$EPM_SECRET" |
curl --silent --show-error --fail-with-body --config - "$EPM_ENDPOINT/api/v1/emails/$id"
echo
