# shellcheck shell=bash
# Backends as containers of compose.yaml's service `backend`: another one is started before an old one is stopped. The
# gateway finds both by itself: it follows who is ready (deploy/compose/gateway), so here one only waits for it.

: "${here:?deploy.sh sources this}"
# The folder with compose.yaml, and what is particular of this installation: IMAGE_TAG, which an update changes.
: "${DEPLOY_PROJECT:=$here/..}"
: "${DEPLOY_ENV_FILE:=$DEPLOY_PROJECT/.env}"

# shellcheck disable=SC2034 # deploy.sh reads it
DRIVER_STARTS_ANOTHER=yes

# compose VERSION ARGUMENT…: Docker Compose, for which the images have this tag.
compose() {
  local version=$1
  shift
  IMAGE_TAG=$version compose_any "$@"
}

# For what has nothing to do with a version.
compose_any() {
  # Compose refuses to begin without the file.
  [[ -e $DEPLOY_ENV_FILE ]] || : >"$DEPLOY_ENV_FILE"
  (cd "$DEPLOY_PROJECT" && "$here/../scripts/compose" --env-file "$DEPLOY_ENV_FILE" "$@")
}

driver_check() {
  local first
  docker version --format '{{.Server.Version}}'
  compose_any config --quiet
  first=$(driver_backends | head -n 1)
  if [[ -z $first ]]; then
    echo "no backend runs: begin with scripts/compose up --detach"
    return 1
  fi
  # An image that was started as `latest` gets a name that it keeps.
  # shellcheck disable=SC2154 # deploy.sh has found out which version that is
  if ! docker image inspect --format '{{.Id}}' "$(image "$current")"; then
    docker tag "$(docker inspect --format '{{.Image}}' "$first")" "$(image "$current")"
  fi
}

driver_backends() {
  compose_any ps --format '{{.Name}}' backend
}

driver_ask() {
  docker exec "$1" python -c '
import sys, urllib.request
print(urllib.request.urlopen("http://127.0.0.1:8000" + sys.argv[1], timeout=5).read().decode())
' "$2" 2>/dev/null
}

driver_start_another() {
  local before count
  before=$(driver_backends)
  count=$(driver_backends | wc -l)
  compose "$1" up --detach --no-deps --no-recreate --no-build --pull never --scale "backend=$((count + 1))" backend >&2
  driver_backends | grep --fixed-strings --line-regexp --invert-match -e "$before"
}

driver_stop() {
  docker stop -t "$DEPLOY_STOP_SECONDS" "$1"
  docker rm "$1"
}

driver_explain() {
  docker logs --tail 20 "$1" 2>&1
}

# driver_route NAME…: wait until the gateway sends requests to all of these. Who is not among them is stopped next, says
# so for MUSUBI_STOP_DELAY_SECONDS, and is left alone by then.
driver_route() {
  local name until=$((SECONDS + 30))
  for name; do
    until is_routed "$name"; do
      if ((SECONDS >= until)); then
        echo "the gateway doesn't send requests to $name"
        return 1
      fi
      sleep 0.5
    done
  done
}

is_routed() {
  local address list
  list=$(compose_any exec -T gateway cat /run/musubi/upstreams.conf) || return 1
  for address in $(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$1"); do
    if [[ $list == *"server $address:"* ]]; then
      return 0
    fi
  done
  return 1
}

image() {
  compose "$1" config --format json | sed -n '/^    "backend": {/,/^    }/s/^      "image": "\(.*\)",*$/\1/p'
}

# What was built or pulled before isn't asked for again. A version may have its digest: 1.2.3@sha256:….
driver_fetch() {
  local name
  name=$(image "$1")
  docker image inspect --format '{{.Id}}' "$name" || docker pull --quiet "$name"
}

driver_musubi() {
  local version=$1
  shift
  compose "$version" run --rm --no-deps --no-TTY backend "$@"
}

# The account in the containers writes there.
driver_backup() {
  install --directory --owner 10001 --group 10001 --mode 0700 "$DEPLOY_BACKUPS"
  compose "$1" run --rm --no-deps --no-TTY --volume "$DEPLOY_BACKUPS:/backups" backend \
    backup /backups --keep "$DEPLOY_BACKUPS_KEPT"
}

# From now on that is the version that `scripts/compose up` means, too.
driver_settle() {
  local file=$DEPLOY_ENV_FILE
  cp -p "$file" "$file.new"
  { grep --invert-match '^IMAGE_TAG=' "$file" || true; } >"$file.new"
  echo "IMAGE_TAG=$1" >>"$file.new"
  mv "$file.new" "$file"
}

driver_prune() {
  local name repository kept=" " version
  for version; do
    [[ -z $version ]] || kept+="$(image "$version") "
  done
  name=$(image "$1")
  repository=${name%%@*}
  repository=${repository%:*}
  docker image ls --format '{{.Repository}}:{{.Tag}}' "$repository" | while read -r name; do
    # One that a container still needs stays.
    [[ $name == *:\<none\> || $kept == *" $name "* || $kept == *" $name@"* ]] || docker image rm "$name" || true
  done
}
