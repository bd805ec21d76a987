#!/bin/sh
# Makes the bucket, and the user who may use it and nothing else. It may be run again at any time: what is there
# stays, and a changed secret takes effect.
#   MC_HOST_store                             http://ROOT:PASSWORD@HOST:PORT of the store
#   AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY  the user to make
set -eu

policy="$(dirname "$0")/policy.json"
mc --quiet mb --ignore-existing store/cameo
mc --quiet anonymous set none store/cameo
mc --quiet admin policy create store cameo "$policy"
# Names and secrets go in by stdin: arguments can be seen by other processes.
printf '%s\n%s\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" | mc --quiet admin user add store
mc --quiet admin policy attach store cameo --user "$AWS_ACCESS_KEY_ID"
