# shellcheck shell=bash
# Sourced by deploy.sh: the backends of an installation move to another version, one after the other.

# Whether a backend takes requests with that version.
serves() {
  local reply
  reply=$(driver_ask "$1" /health/ready) && [[ $reply == *"\"version\":\"${2%%@*}\""* ]]
}

is_ready() {
  driver_ask "$1" /health/ready >/dev/null
}

# The version that a backend tells; nothing when it doesn't answer.
version_of() {
  driver_ask "$1" /health | sed -n 's/.*"version":"\([^"]*\)".*/\1/p' || true
}

await_ready() {
  local name=$1 version=$2 deadline=$((SECONDS + DEPLOY_READY_SECONDS))
  until serves "$name" "$version"; do
    if ((SECONDS >= deadline)); then
      driver_explain "$name" || true
      echo "$name isn't ready with $version after $DEPLOY_READY_SECONDS s"
      return 1
    fi
    sleep 0.2
  done
}

# All backends but one, a line each.
others() {
  driver_backends | grep --fixed-strings --line-regexp --invert-match -e "$1" || true
}

# Whether someone else serves while a backend is away. One that serves nobody anyway isn't missed.
check_another_is_ready() {
  local other
  is_ready "$1" || return 0
  for other in $(others "$1"); do
    if is_ready "$other"; then
      return 0
    fi
  done
  [[ -n ${with_pause:-} ]] && return 0
  echo "no other backend is ready, so $1 can't be taken out without a pause"
  return 1
}

# Where a machine has a fixed place for each backend: take it out, stop it, start it anew, put it in again.
replace_in_place() {
  local name=$1 version=$2 rest
  rest=$(others "$name")
  check_another_is_ready "$name"
  # shellcheck disable=SC2086 # a word for each
  [[ -z $rest ]] || driver_route $rest
  driver_stop "$name"
  driver_start "$name" "$version"
  await_ready "$name" "$version"
  # shellcheck disable=SC2046
  driver_route $(driver_backends)
}

# Where more can be started than there were: start another one, and stop the old one once that is ready.
replace_by_another() {
  local name=$1 version=$2 count rest new=
  count=$(driver_backends | wc -l)
  rest=$(others "$name")
  # More than there should be were left by a run that was cut off.
  if ((count <= DEPLOY_COUNT)); then
    new=$(driver_start_another "$version")
    await_new "$new" "$version"
  else
    check_another_is_ready "$name"
  fi
  # shellcheck disable=SC2086
  driver_route $rest $new
  driver_stop "$name"
}

# What isn't ready in time is removed at once: nobody was sent there.
await_new() {
  local failed=
  await_ready "$1" "$2" || failed=yes
  if [[ -n $failed ]]; then
    driver_stop "$1"
    return 1
  fi
}

replace() {
  if [[ $DRIVER_STARTS_ANOTHER == yes ]]; then
    replace_by_another "$@"
  else
    replace_in_place "$@"
  fi
}

# The backends that have to be replaced: first those that serve nobody, so that taking out the next one is safe.
outdated() {
  local name ready=()
  for name in $(driver_backends); do
    if serves "$name" "$1"; then
      continue
    elif is_ready "$name"; then
      ready+=("$name")
    else
      echo "$name"
    fi
  done
  ((${#ready[@]} == 0)) || printf '%s\n' "${ready[@]}"
}

# Where backends are replaced by others: as many as there have to be, after all were stopped.
start_missing() {
  local new
  while (($(driver_backends | wc -l) < DEPLOY_COUNT)); do
    new=$(driver_start_another "$1")
    await_new "$new" "$1"
  done
}

stop_all() {
  local name
  for name in $(driver_backends); do
    driver_stop "$name"
  done
}

# Move every backend to a version. `outcome` is 0 when all serve with it; signals are obeyed between two of them,
# unless `determined` is set.
roll() {
  local version=$1 name names
  outcome=0
  ask names outdated "$version"
  for name in $names; do
    [[ -n ${determined:-} ]] || obey_signals
    attempt "Replace $name by $version" replace "$name" "$version"
    ((outcome == 0)) || return 0
  done
  if [[ $DRIVER_STARTS_ANOTHER == yes ]] && (($(driver_backends | wc -l) < DEPLOY_COUNT)); then
    attempt "Start backends with $version" start_missing "$version"
    ((outcome == 0)) || return 0
  fi
  attempt "Send requests to all" settle "$version"
}

settle() {
  # shellcheck disable=SC2046
  driver_route $(driver_backends)
  driver_settle "$1"
}
