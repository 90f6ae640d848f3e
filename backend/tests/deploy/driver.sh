# shellcheck shell=bash
# A driver of deploy.sh for tests: backends are bare processes, releases are folders that installation.py made.

# shellcheck source=SCRIPTDIR/../../../deploy/lib/this-machine.sh
. "${here:?deploy.sh sources this}/lib/this-machine.sh"

: "${PLACE:?the folder of the installation}"

driver_check() {
  [[ -d $PLACE/releases ]]
}

driver_fetch() {
  if [[ ! -x $PLACE/releases/$1/musubi ]]; then
    echo "there is no $1"
    return 1
  fi
}

driver_musubi() {
  local version=$1
  shift
  "$PLACE/releases/$version/musubi" "$@"
}

driver_backup() {
  driver_musubi "$1" backup "$DEPLOY_BACKUPS" --keep "$DEPLOY_BACKUPS_KEPT"
}

driver_start() {
  local port=${1##*:}
  setsid "$PLACE/releases/$2/musubi" serve --port "$port" >>"$PLACE/log-$port" 2>&1 &
  echo "$!" >"$PLACE/process-$port"
}

driver_stop() {
  local file="$PLACE/process-${1##*:}" process
  [[ -e $file ]] || return 0
  process=$(cat "$file")
  kill -TERM "$process" || true
  # shellcheck disable=SC2016 # it is the shell in there that knows
  timeout "$DEPLOY_STOP_SECONDS" sh -c 'while grep -q "^State:.[^Z]" "/proc/$1/status" 2>/dev/null; do sleep 0.1; done' sh "$process"
  rm "$file"
}

# As containers are replaced: another one is started, at another port, before the old one is stopped.
if [[ -e $PLACE/ports ]]; then
  # shellcheck disable=SC2034 # deploy.sh reads it
  DRIVER_STARTS_ANOTHER=yes

  driver_backends() {
    local file
    for file in "$PLACE"/process-*; do
      echo "127.0.0.1:${file##*-}"
    done
  }

  driver_start_another() {
    local port
    # The next of those that the test found to be free.
    port=$(head -n 1 "$PLACE/ports")
    sed -i 1d "$PLACE/ports"
    driver_start "127.0.0.1:$port" "$1"
    echo "127.0.0.1:$port"
  }

  route_lines() {
    printf 'server %s max_fails=2 fail_timeout=5s;\n' "$@"
  }
fi

driver_explain() {
  tail -n 20 "$PLACE/log-${1##*:}"
}

driver_settle() {
  echo "$1" >"$PLACE/settled"
}

driver_prune() {
  local release
  for release in "$PLACE"/releases/*; do
    [[ " $* " == *" ${release##*/} "* ]] || rm -r "$release"
  done
}
