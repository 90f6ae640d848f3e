#!/usr/bin/env bash
# Bring an installation to another version without a pause, and back by itself when that version isn't ready in time.
# docs/operations.md explains it, section Update.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=SCRIPTDIR/lib/steps.sh
. "$here/lib/steps.sh"
# shellcheck source=SCRIPTDIR/lib/rolling.sh
. "$here/lib/rolling.sh"

usage() {
  cat <<'TEXT'
deploy.sh VERSION      update to this version, such as 1.2.3; for an image also 1.2.3@sha256:DIGEST
deploy.sh --rollback   go back to the version before
deploy.sh --musubi COMMAND…
                       run a command such as `doctor` as the backends do: that version, account, settings and secrets

  --driver NAME   how backends run here: compose or systemd; or the path of a driver
  --config FILE   what else is particular here; default: /etc/musubi/deploy.conf if it is there
  --with-pause    go on where nobody can be served for a while: with one backend only, or with a migration that the
                  version that runs doesn't get along with, before which every backend is stopped
  --skip-doctor   go on whatever `musubi doctor` would say, when the update is what mends it
TEXT
}

# What the configuration, or the environment, may change; each driver adds its own.
defaults() {
  : "${DEPLOY_STATE:=/var/lib/musubi-deploy}"
  : "${DEPLOY_BACKUPS:=/var/backups/musubi/updates}"
  : "${DEPLOY_BACKUPS_KEPT:=3}"
  : "${DEPLOY_READY_SECONDS:=60}"
  : "${DEPLOY_STOP_SECONDS:=45}"
  : "${DEPLOY_FREE_MIB:=1024}"
}

wanted=
rollback=
command=()
with_pause=
skip_doctor=
driver=
config=
stops_first=
is_cut_off=

parse() {
  while (($# > 0)); do
    case $1 in
      --rollback) rollback=yes ;;
      --with-pause) with_pause=yes ;;
      --skip-doctor) skip_doctor=yes ;;
      --musubi)
        (($# > 1)) || give_up "--musubi needs a command"
        command=("${@:2}")
        return
        ;;
      --driver | --config)
        (($# > 1)) || give_up "$1 needs a value"
        printf -v "${1#--}" '%s' "$2"
        shift
        ;;
      -h | --help)
        usage
        exit 0
        ;;
      -*) give_up "there is no option $1; --help lists them" ;;
      *)
        [[ -z $wanted ]] || give_up "one version, not two: $wanted and $1"
        wanted=$1
        ;;
    esac
    shift
  done
  [[ -n $wanted || -n $rollback ]] || give_up "which version? --help explains"
  [[ -z $wanted || -z $rollback ]] || give_up "either a version or --rollback"
  [[ -z $wanted || $wanted =~ ^[0-9A-Za-z][0-9A-Za-z.+_-]*(@sha256:[0-9a-f]{64})?$ ]] || give_up "$wanted is no version"
}

configure() {
  if [[ -n $config ]]; then
    [[ -r $config ]] || give_up "$config can't be read"
  elif [[ -r /etc/musubi/deploy.conf ]]; then
    config=/etc/musubi/deploy.conf
  fi
  # shellcheck source=/dev/null
  [[ -z $config ]] || . "$config"
  defaults
  driver=${driver:-${DEPLOY_DRIVER:-}}
  [[ -n $driver ]] || give_up "say --driver compose or --driver systemd, or set DEPLOY_DRIVER"
  [[ $driver == */* ]] || driver="$here/drivers/$driver.sh"
  [[ -r $driver ]] || give_up "there is no driver $driver"
  # shellcheck source=/dev/null
  . "$driver"
}

# What was deployed is known from the last run that came to its end; at the first run, from what the backends say.
find_versions() {
  local name told
  current=$(read_state current)
  previous=$(read_state previous)
  if [[ -z $current ]]; then
    for name in $(driver_backends); do
      told=$(version_of "$name")
      [[ -z $told || -z $current || $told == "$current" ]] ||
        give_up "backends tell different versions, $current and $told: bring them to one by hand first"
      current=${told:-$current}
    done
  fi
  [[ -z $rollback ]] || wanted=$(where_to_go_back)
  [[ -n $wanted || -z $rollback ]] || give_up "there is no version to go back to"
}

read_state() {
  cat "$DEPLOY_STATE/$1" 2>/dev/null || true
}

# Out of an update that was cut off, that is where it came from.
where_to_go_back() {
  if [[ -n $(read_state unfinished) ]]; then
    echo "$current"
  else
    echo "$previous"
  fi
}

check_machine() {
  local folder room
  driver_check
  for folder in "$DEPLOY_STATE" "$DEPLOY_BACKUPS"; do
    mkdir -p "$folder"
    room=$(df --output=avail --block-size=1M "$folder" | tail -n 1)
    if ((room < DEPLOY_FREE_MIB)); then
      echo "only $room MiB are left in $folder, and DEPLOY_FREE_MIB wants $DEPLOY_FREE_MIB"
      return 1
    fi
  done
}

check_backends() {
  local name
  for name in $(driver_backends); do
    if ! is_ready "$name"; then
      echo "$name isn't ready: mend that first"
      return 1
    fi
  done
  if [[ $DRIVER_STARTS_ANOTHER != yes && -z $with_pause ]] && (($(driver_backends | wc -l) < 2)); then
    echo "there is only one backend, which nobody can stand in for: list a second one, or say --with-pause"
    return 1
  fi
}

back_up() {
  driver_backup "$current"
  # Remembered only when it is whole: an update that is taken up again has the one from before its first change.
  write_file "$DEPLOY_STATE/backup" "$wanted"
}

# Both names are kept in this order, so that a crash between them loses neither.
remember_success() {
  [[ -z $current || $current == "$wanted" ]] || write_file "$DEPLOY_STATE/previous" "$current"
  write_file "$DEPLOY_STATE/current" "$wanted"
  rm -f "$DEPLOY_STATE/unfinished" "$DEPLOY_STATE/backup"
}

prepare() {
  local resumed
  resumed=$(read_state unfinished)
  step "Check the configuration and the room on the disk" check_machine
  if [[ -n $current && -z $resumed && $current != "$wanted" ]]; then
    step "Ask the backends whether all is well" check_backends
    [[ -n $skip_doctor ]] || step "Ask musubi doctor (or say --skip-doctor)" driver_musubi "$current" doctor
  fi
  step "Fetch $wanted" driver_fetch "$wanted"
  if [[ -z $with_pause || -n $rollback ]]; then
    step "See whether $wanted gets along with what runs" driver_musubi "$wanted" migrate --check
  else
    attempt "See whether $wanted gets along with what runs" driver_musubi "$wanted" migrate --check
    ((outcome == 0)) || stops_first=yes
    obey_signals
  fi
}

change_database() {
  if [[ -n $current && $current != "$wanted" && -z $rollback && $(read_state backup) != "$wanted" ]]; then
    step "Back up to $DEPLOY_BACKUPS" back_up
  fi
  shielded=yes
  where_it_stands="when the database was migrated; every backend runs what it ran before"
  step "Migrate the database" driver_musubi "$wanted" migrate
  begin
}

# Nobody is served from here on, so no signal is obeyed until somebody is.
change_database_meanwhile() {
  shielded=yes
  determined=yes
  begin
  attempt_or_go_back "Stop every backend" stop_all
  attempt_or_go_back "Back up to $DEPLOY_BACKUPS" back_up
  attempt_or_go_back "Migrate the database" driver_musubi "$wanted" migrate
  is_cut_off=yes
}

attempt_or_go_back() {
  attempt "$@"
  ((outcome == 0)) || go_back "$(last_words)"
}

# An update that is cut off is taken up again from here.
begin() {
  local unfinished names
  ask unfinished read_state unfinished
  ask names driver_backends
  # shellcheck disable=SC2206 # a word for each
  names=($names)
  DEPLOY_COUNT=$(cut -s -d ' ' -f 2 <<<"$unfinished")
  DEPLOY_COUNT=${DEPLOY_COUNT:-${#names[@]}}
  write_file "$DEPLOY_STATE/unfinished" "$wanted $DEPLOY_COUNT"
  where_it_stands="between two backends; all serve. Run it again to finish, or with --rollback"
}

go_back() {
  local failed=$1
  [[ -n $current && $current != "$wanted" ]] || give_up "$failed; there is no version to go back to"
  [[ -z $is_cut_off ]] ||
    give_up "$failed; $current can't use the database any more: run this again, or restore from $DEPLOY_BACKUPS"
  say "That failed: going back to $current"
  determined=yes
  roll "$current"
  ((outcome == 0)) || give_up "$failed; going back to $current failed, too: $(last_words)"
  rm -f "$DEPLOY_STATE/unfinished" "$DEPLOY_STATE/backup"
  give_up "$failed; every backend runs $current again"
}

main() {
  parse "$@"
  configure
  if ((${#command[@]} > 0)); then
    find_versions
    [[ -n $current ]] || give_up "nothing is deployed yet"
    driver_musubi "$current" "${command[@]}"
    exit
  fi
  take_lock "to ${wanted:-the version before}"
  find_versions
  open_log "${wanted%%@*}"
  remember_signals
  if [[ $current == "$wanted" && -z $(outdated "$wanted") && -z $(read_state unfinished) ]]; then
    say "Every backend runs $wanted already"
    exit 0
  fi
  say "From ${current:-nothing} to $wanted"
  prepare
  if [[ -n $stops_first ]]; then
    change_database_meanwhile
  else
    change_database
  fi
  roll "$wanted"
  ((outcome == 0)) || go_back "$(last_words)"
  if_it_fails="every backend runs $wanted"
  step "Remember what runs" remember_success
  attempt "Remove what is no longer needed" driver_prune "$wanted" "$current"
  say "Every backend runs $wanted"
}

# In one line: this file may be another one by the time that main is through.
main "$@"; exit
