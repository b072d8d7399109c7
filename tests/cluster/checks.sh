# shellcheck shell=bash disable=SC2154
# What the cases of tests/cluster/run check, and how they count.

passed=0 failed=0

# One check: a line, and on failure what the command said.
check() {  # NAME COMMAND...
  local name=$1
  shift
  if "$@" >"$work/check.log" 2>&1; then
    passed=$((passed + 1))
    echo "passed: $name"
  else
    failed=$((failed + 1))
    echo "failed: $name"
    tail -n 20 "$work/check.log" "$work/job.log" 2>/dev/null | sed 's/^/    /'
  fi
}

# Each case has an output folder of its own.
new_case() {  # NAME
  SHARDS="$work/shards/*.tar" OUTPUT=$work/out/$1 MODEL=$work/model
  export SHARDS OUTPUT MODEL
  : >"$work/job.log"
}

embed_one_process() {  # MODEL OUTPUT
  convnext embed --input "$work/shards/*.tar" --output "$2" --model_path "$1" && convnext merge "$2" --output "$2.npy"
}

# The command without what tells it a rank.
embed() { convnext embed --input "$SHARDS" --output "$OUTPUT" --model_path "$MODEL" "$@"; }

exits_with() {  # CODE COMMAND...
  local expected=$1 code=0
  shift
  "$@" || code=$?
  [ "$code" -eq "$expected" ] || { echo "exit code $code, expected $expected"; return 1; }
}

# All units are there, and they are those of one process.
is_complete() {
  local truth=$work/truth folder
  if [ "$MODEL" = "$work/slow_model" ]; then truth=$work/slow_truth; fi
  convnext embed --verify "$OUTPUT" && convnext merge "$OUTPUT" --output "$OUTPUT.npy" && cmp "$truth.npy" "$OUTPUT.npy" || return 1
  for folder in img_emb metadata units; do diff -r "$truth/$folder" "$OUTPUT/$folder" || return 1; done
}

count_units() { find "$OUTPUT/units" -name '*.json' 2>/dev/null | wc -l; }
has_units() { [ "$(count_units)" -ge "$1" ]; }
has_units_left() { has_units 1 && ! has_units 12 && ! convnext embed --verify "$OUTPUT"; }

# The refusal has the line to write instead, and nothing was done.
is_refused() {  # WORDS LOG
  grep -qF -e "$1" "$2" || { echo "the log does not say: $1"; cat "$2"; return 1; }
  [ "$(count_units)" -eq 0 ]
}

# The processes of the program that write to this case's folder.
program_ids() {
  local process
  for process in /proc/[0-9]*; do
    [ "$(cat "$process/comm" 2>/dev/null)" = convnext ] || continue
    tr '\0' '\n' <"$process/cmdline" 2>/dev/null | grep -qxF "$OUTPUT" && echo "${process#/proc/}"
  done
}

# Holds the processes after the first unit, waits until each has the signal, and lets them go on: so the signal comes in the
# middle, however fast the machine is.
stop_in_the_middle() {  # SIGNAL COMMAND THAT SENDS IT...
  local signal=$1 processes
  shift
  wait_for 120 has_units 1 || { echo "no unit was done"; return 1; }
  mapfile -t processes < <(program_ids)
  [ ${#processes[@]} -gt 0 ] || { echo "no process is running"; return 1; }
  kill -STOP "${processes[@]}"
  has_units 12 && { echo "all units were done before the signal"; kill -CONT "${processes[@]}"; return 1; }
  "$@"
  local code=0
  wait_for 120 have_signal "$signal" "${processes[@]}" || { echo "the signal has not come"; code=1; }
  kill -CONT "${processes[@]}" 2>/dev/null
  return $code
}

# The signal waits in each process, or the process has gone on because of it (SIGCONT comes with some) and ended.
have_signal() {  # SIGNAL PROCESS...
  local bit=$((1 << ($(kill -l "$1") - 1))) process pending
  for process in "${@:2}"; do
    pending=$(sed -n 's/^ShdPnd:\t//p' "/proc/$process/status" 2>/dev/null)
    [ -z "$pending" ] || (((16#$pending & bit) != 0)) || return 1
  done
}
