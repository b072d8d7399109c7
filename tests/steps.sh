# For run-tests: steps with their seconds, builds, suites, and the count of what passed and failed.

jobs=$(nproc)
step_names=() step_seconds=() step_began=0 step_name=''
tests_passed=0 tests_failed=0
limit=0  # seconds that the whole run may take; 0: any

end_step() {
  [ -z "$step_name" ] && return
  step_names+=("$step_name")
  step_seconds+=($((SECONDS - step_began)))
  step_name=''
}

step() {  # NAME
  end_step
  printf '\n== %s\n' "$1"
  step_name=$1
  step_began=$SECONDS
}

# Shows the output of a command only if it fails, which counts as a failed test.
run_silently() {  # COMMAND...
  local log failed=0
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then
    failed=1
    tail -n 60 "$log"
    echo "failed: $1"
    tests_failed=$((tests_failed + 1))
  fi
  rm -f "$log"
  return $failed
}

# A check that is no suite of tests: it counts as one test.
check() {  # COMMAND...
  if run_silently "$@"; then tests_passed=$((tests_passed + 1)); fi
}

# A check that needs packages of Python's index (tools/python-env): it counts only where that can be reached.
check_online() {  # COMMAND...
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  if [ "$status" = 4 ]; then
    echo "NOT RUN: $1: $(tail -n 1 "$log")"
  elif [ "$status" = 0 ]; then
    tests_passed=$((tests_passed + 1))
  else
    tail -n 60 "$log"
    echo "failed: $1"
    tests_failed=$((tests_failed + 1))
  fi
  rm -f "$log"
}

# A command without which the rest makes no sense: the run ends if it fails.
require() {  # COMMAND...
  run_silently "$@" || finish
}

build() {  # PRESET [CMAKE OPTION...] [-- TARGET...]
  local preset=$1 options=() targets=(all)
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
  if [ $# -gt 1 ]; then targets=("${@:2}"); fi
  require cmake --preset "$preset" -DCONVNEXT_TESTS=ON "${options[@]}"
  require cmake --build "build/$preset" --target "${targets[@]}"
}

# One thread for the emulator's OpenBLAS: others take the core from the test beside it while they wait.
suite() {  # PRESET [CTEST ARGUMENT...]
  local tree=build/$1
  rm -f "$tree/Testing/Temporary/LastTest.log"
  OPENBLAS_NUM_THREADS=1 ctest --test-dir "$tree" -j "$jobs" --no-tests=error --output-on-failure --progress \
    "${@:2}" | tail -n 60 || true
  local passed failed
  read -r passed failed < <(count_tests "$tree/Testing/Temporary/LastTest.log")
  echo "$passed passed, $failed failed"
  tests_passed=$((tests_passed + passed))
  tests_failed=$((tests_failed + failed))
}

# Prints how many tests passed and failed: those that GoogleTest counts within a process, others as one. A process that
# ended before it could count has failed. No log, or none that ended, is a failure.
count_tests() {  # LOG OF CTEST
  awk '
    /^\[  PASSED  \] [0-9]+ test/ { passed_here = $4; counted = 1 }
    /^\[  FAILED  \] [0-9]+ test/ { failed_here = $4 }
    /^Test (Passed|Failed)|^Test timeout|^Test not available|^(Unable to find|Could not find) executable/ {
      if ($2 == "Passed.") { passed += counted ? passed_here : 1 }
      else { passed += passed_here; failed += failed_here > 0 ? failed_here : 1 }
      passed_here = failed_here = counted = 0
    }
    /^End testing/ { ended = 1 }
    END { print passed + 0, failed + (ended ? 0 : 1) }' "$1" 2>/dev/null || echo 0 1
}

finish() {
  end_step
  printf '\n'
  local i
  for i in "${!step_names[@]}"; do printf '%6d s  %s\n' "${step_seconds[$i]}" "${step_names[$i]}"; done
  printf '%6d s  in all\n' $SECONDS
  if [ "$limit" -gt 0 ] && [ $SECONDS -gt "$limit" ]; then
    echo "TOO LONG: more than $((limit / 60)) minutes. Move what is slow to ./run-tests --all (CONTRIBUTING.md)."
  fi
  echo "$tests_passed passed, $tests_failed failed"
  [ "$tests_failed" -eq 0 ]
  exit
}
