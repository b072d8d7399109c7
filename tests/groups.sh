# For run-tests: the tests of every run, and the groups of --all.

all_groups=(formatting release targets mutations peers sanitizers fuzz tidy tsan scalar packages portable python embed cluster aarch64)
fuzz_seconds=${FUZZ_SECONDS:-5}
# The tests of groups of their own (labels of ctest).
slow_labels='slow|targets|mutations|peers'

install_packages() {  # PURPOSE... (tools/debian-packages)
  # shellcheck disable=SC2046
  tools/install-packages $(tools/debian-packages tools libraries test-libraries "$@")
}

is_formatted() {  # FILE...
  clang-format-14 --dry-run -Werror "$@"
}

default_tests() {
  limit=720
  step "packages"
  install_packages tests
  step "formatting"
  all_formatting
  step "release: build"
  build_release
  step "quickstart"
  check ./quickstart --no-adapt
  step "release: tests"
  suite release -LE "$slow_labels"
  step "the Python package in an empty environment"
  check_online tests/python/run quick
  step "untrusted bytes under clang's AddressSanitizer and UndefinedBehaviorSanitizer: build"
  build guard -- untrusted_tests image_tests fuzz_corpora
  step "untrusted bytes under clang's sanitizers: tests"
  suite guard -L untrusted
}

# The one release tree, by g++, where a warning is an error.
build_release() {  # [TARGET...]
  build release -DCONVNEXT_WERROR=ON -- "${@:-all}"
}

all_tests() {  # [GROUP...]
  local group
  for group in "$@"; do
    [[ " ${all_groups[*]} " = *" $group "* ]] || { echo "no group $group; there are: ${all_groups[*]}" >&2; exit 2; }
  done
  if [ $# -eq 0 ]; then set -- "${all_groups[@]}"; fi
  step "packages to install"
  install_packages tests all-tests
  for group in "$@"; do
    step "$group"
    "all_$group"
  done
}

all_formatting() {
  mapfile -t files < <(git ls-files -- '*.cc' '*.h')
  check is_formatted "${files[@]}"
}

build_release_and_benchmarks() {
  build release -DCONVNEXT_WERROR=ON -DCONVNEXT_BENCH=ON -- all slow_tests
}

# All tests of the release build but the three groups that follow, the benchmarks (that they run), and the README's two
# commands.
all_release() {
  build_release_and_benchmarks
  check ./quickstart --no-adapt
  suite release -LE 'targets|mutations|peers'
}

# The model of 88 million parameters on every SIMD target and on the emulated NPU.
all_targets() {
  build_release base_model_tests emulator
  suite release -L targets
}

all_mutations() {
  build_release mutation_tests
  suite release -L mutations
}

# What others wrote, from Python's package index.
all_peers() {
  build_release_and_benchmarks
  suite release -L peers
}

all_sanitizers() {
  build clang -DCONVNEXT_BENCH=ON
  # Else clang 14's LeakSanitizer crashes in its own tracer where a library was loaded at run time, on some CPUs.
  ASAN_OPTIONS=intercept_tls_get_addr=0 suite clang
}

# Two searches at a time; what one finds stays in build/clang/found.
all_fuzz() {
  build clang
  printf '%s\n' build/clang/*_fuzzer | FUZZ_SECONDS=$fuzz_seconds xargs -P 2 -I{} tests/fuzz-one {} >build/clang/fuzz.log 2>&1 ||
    { cat build/clang/fuzz.log; tests_failed=$((tests_failed + 1)); }
  tests_passed=$((tests_passed + $(grep -c '^searched ' build/clang/fuzz.log)))
}

# The sources as they are compiled: many of them in one, which includes .cc files.
all_tidy() {
  build clang -- convnext
  check sh -c "sed -n 's/^ *\"file\": \"\(.*\)\",*$/\1/p' build/clang/compile_commands.json |
    awk -v root=\"\$PWD/\" 'index(\$0, root \"src/\") == 1 || index(\$0, root \"build/clang/src/\") == 1' |
    xargs -d '\n' -n 1 -P $jobs clang-tidy-14 --quiet --checks=-bugprone-suspicious-include -p build/clang 2>/dev/null"
}

# Without what takes long and starts no threads.
all_tsan() {
  build tsan -- engine_tests image_tests untrusted_tests ascend_tests
  suite tsan -L 'engine|npu|untrusted' -E '^(kernels|picture|redact|reference_file.*|fuzz_corpora)$'
}

all_scalar() {
  build scalar -- engine_tests image_tests untrusted_tests
  suite scalar -L 'engine|untrusted' -LE "$slow_labels" -E '^(fuzz_corpora|base_model)$'
}

all_packages() {
  build_release
  check tests/packages amd64
}

# The portable program of both architectures, in an empty Debian 11.
all_portable() {
  install_packages portable aarch64
  build_release convnext
  check tests/portable x86_64
  check tests/portable aarch64
}

# The Python package of this tree, and the wheels of tools/wheel in systems that have nothing but Python.
all_python() {
  install_packages portable
  check tests/python/run all
  check tests/python/wheels
}

# `convnext embed` by several processes: Slurm, both MPIs, Kubernetes' variables.
all_cluster() {
  install_packages cluster
  build_release convnext
  check tests/cluster/run build/release
}

all_aarch64() {
  build_aarch64 -- engine_tests image_tests untrusted_tests cli_tests
  suite aarch64 -L 'engine|untrusted' -LE "$slow_labels" -E '^(test_images|fuzz_corpora|base_model)$'
  suite aarch64 -R '^(cli|aarch64_bundle)$'
  check tests/packages arm64
}

aarch64_full() {
  step "aarch64"
  build_aarch64
  suite aarch64 -LE "$slow_labels" -E '^aarch64_bundle$'
  step "aarch64 packages"
  check tests/packages arm64
}

build_aarch64() {  # [-- TARGET...]
  install_packages aarch64
  # shellcheck disable=SC2046
  check tools/debian-root arm64 build/aarch64-root libc6-dev libstdc++-12-dev \
    $(tools/debian-packages libraries test-libraries)
  build aarch64 "$@"
}

# 200 kills of a run of 50,000 pictures; every call that writes fails once; a full disk, two processes at a time.
all_embed() {
  build_release convnext
  check /usr/bin/python3 tests/embed/survive.py build/release/convnext
}
