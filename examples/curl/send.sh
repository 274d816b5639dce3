#!/bin/sh
# Sends one mail. The key makes it safe to run the very same request again.
set -eu
to=${1:?who is it for? for example: $0 delivered@world.example}
key=$(date +%s)-$$

printf 'user = "%s:%s"' "$EPM_CREDENTIAL" "$EPM_SECRET" |
curl --silent --show-error --fail-with-body --config - \
  --retry 3 --header "Idempotency-Key: $key" --header 'Content-Type: application/json' \
  --data "{\"from\": \"demo@example.com\", \"to\": [\"$to\"], \"subject\": \"Hello\", \"body\": \"By curl.\", \"notify\": \"SUCCESS,FAILURE\"}" \
  "$EPM_ENDPOINT/api/v1/emails"
echo
