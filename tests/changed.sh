# For run-tests --changed: what the changes touch.

# Tests by folder label: src/FOLDER and tests/NAME_test.cc; clang-tidy on changed sources; threads bring ThreadSanitizer,
# kernels every SIMD target and none; what all depends on brings all tests of every run.
changed_tests() {  # [BASE]
  step "packages"
  install_packages tests all-tests
  mapfile -t changed < <(changed_files "$1")
  printf '%s\n' "${#changed[@]} changed files:" "${changed[@]}"
  local sources=()
  mapfile -t sources < <(changed_matching '\.(cc|h)$' | existing)
  if [ ${#sources[@]} -gt 0 ]; then
    step "formatting"
    check is_formatted "${sources[@]}"
  fi
  step "release: build"
  build_release
  step "release: tests"
  run_changed_suite
  if has_changed '^src/convnext/kernels/|^src/convnext/image/resample|^tests/kernels'; then
    step "without SIMD"; all_scalar
    step "the model on every SIMD target"; all_targets
  fi
  if has_changed '^cmake/portable/|^tools/(portable|debian)|^tests/portable'; then step "portable"; all_portable; fi
  if has_changed '^python/|^src/python/|^pyproject|^cmake/python|^tests/python/|picture_stream'; then
    step "the Python package"
    check_online tests/python/run all
  fi
  if has_changed '^src/convnext/embed/rank|^tests/cluster/|^examples/(slurm|kubernetes)/'; then step "cluster"; all_cluster; fi
  if touches_threads; then step "ThreadSanitizer"; all_tsan; fi
  if [ -n "$(changed_matching '^src/.*\.cc$' | existing)" ]; then step "clang-tidy"; tidy_changed; fi
}

# Files that differ from BASE, committed or not; new ones, and those that are gone.
changed_files() {  # [BASE]
  local base=${1:-HEAD}
  if [ -z "$1" ] && [ -z "$(git status --porcelain)" ]; then base=HEAD~1; fi
  { git diff --name-only --no-renames "$base"; git ls-files --others --exclude-standard; } | sort -u
}

changed_matching() { printf '%s\n' "${changed[@]}" | grep -E "$1" || true; }
existing() { while read -r file; do [ ! -e "$file" ] || echo "$file"; done; }
has_changed() { [ -n "$(changed_matching "$1")" ]; }

touches_threads() {
  has_changed '^src/convnext/engine/|numa|thread' && return
  local file
  for file in $(changed_matching '^(src|tests)/.*\.(cc|h)$' | existing); do
    if grep -qE 'std::(jthread|thread|mutex|atomic|condition_variable)|ThreadPool' "$file"; then return 0; fi
  done
  return 1
}

# The labels of folders, joined by |.
changed_labels() {
  {
    changed_matching '^src/' | sed -E 's,^src/(convnext/)?([a-z]*)[/.].*,\2,'
    if has_changed '^emulator/'; then printf '%s\n' ascend emulator commands; fi
    if has_changed '\.md$|^docs/'; then echo docs; fi
    if has_changed '^fuzz/'; then echo untrusted; fi
  } | sort -u | paste -sd '|'
}

run_changed_suite() {
  if has_changed '^(CMake|cmake/|tools/|quickstart|tests/.*(\.h|\.cmake|CMakeLists.txt)|src/CMakeLists.txt|tests/golden/)'; then
    suite release -LE "$slow_labels"
    return
  fi
  local labels names
  labels=$(changed_labels)
  names=$(changed_matching '^tests/.*_test\.cc$' | sed -E 's,.*/(.*)_test\.cc$,\1,' | paste -sd '|')
  if [ -n "$labels" ]; then suite release -L "^($labels)\$" -LE 'slow|targets|peers'; fi
  if [ -n "$names" ]; then suite release -R "^($names)(\.[0-9]+)?\$" -LE 'peers'; fi
  suite release -R '^(include_graph|unity_groups)$'
}

# Each source by itself, as clang compiles it.
tidy_changed() {
  require cmake --preset tidy
  require cmake --build build/tidy --target generated_sources
  local files
  mapfile -t files < <(changed_matching '^src/.*\.cc$' | existing)
  check sh -c 'printf "%s\n" "$@" | xargs -n 1 -P '"$jobs"' clang-tidy-14 --quiet -p build/tidy 2>/dev/null' sh "${files[@]}"
}
