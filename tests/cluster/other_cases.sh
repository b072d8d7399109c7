# shellcheck shell=bash disable=SC2154
# Cases of tests/cluster/run: mpirun and Kubernetes, without Slurm.

# Two processes of each index at a time, as two pods of one index may run.
pods_twice() {
  local index processes=() process code=0
  for index in 0 1 2 0 1 2; do
    JOB_COMPLETION_INDEX=$index embed --ranks=3 &
    processes+=($!)
  done
  for process in "${processes[@]}"; do wait "$process" || code=$?; done
  return $code
}

a_pod_without_a_count() { JOB_COMPLETION_INDEX=1 embed >"$work/job.log" 2>&1; }

# --ranks is the number of completions, and the schemas of four versions know every field.
is_valid_job() {
  local python=build/python/kubernetes/bin job=examples/kubernetes/embed-job.yaml version
  for version in 1.29 1.31 1.33 1.37; do
    "$python/kubernetes-validate" --strict --kubernetes-version "$version" "$job" || return 1
  done
  "$python/python" - "$job" <<'PYTHON'
import sys
import yaml
spec = yaml.safe_load(open(sys.argv[1]))['spec']
arguments = spec['template']['spec']['containers'][0]['args']
sys.exit(spec['completionMode'] != 'Indexed' or f"--ranks={spec['completions']}" not in arguments)
PYTHON
}

kubernetes_cases() {
  complete_case kubernetes "JOB_COMPLETION_INDEX with --ranks, two processes an index" pods_twice
  new_case kubernetes_without_ranks
  check "JOB_COMPLETION_INDEX without --ranks is refused" exits_with 2 a_pod_without_a_count
  check "JOB_COMPLETION_INDEX without --ranks: the line to write instead" is_refused "--ranks N" "$work/job.log"
  local code=0
  tools/python-env kubernetes >"$work/check.log" 2>&1 || code=$?
  if [ $code -eq 4 ]; then echo "skipped: kubernetes-validate, as the package index cannot be reached"; return; fi
  check "examples/kubernetes/embed-job.yaml: schemas, --ranks" is_valid_job
}

mpirun_cases() {
  local folder=$work/mpi
  mkdir -p "$folder"
  complete_case open_mpi "Open MPI's mpirun -n 3" env -u SLURM_CONF TMPDIR="$folder" \
    mpirun.openmpi --allow-run-as-root --oversubscribe -n 3 bash -c "exec $embed_line"
  complete_case mpich "MPICH's mpirun -n 3" env -u SLURM_CONF mpirun.mpich -n 3 bash -c "exec $embed_line"
}

by_hand() { embed --rank=0 --ranks=2 && embed --rank=1 --ranks=2; }

other_cases() {
  mpirun_cases
  kubernetes_cases
  complete_case by_hand "--rank and --ranks" by_hand
}
