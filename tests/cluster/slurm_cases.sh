# shellcheck shell=bash disable=SC2154,SC2034
# Cases of tests/cluster/run: a real Slurm.

# Submits and waits; what the job prints goes to job.log. The exit code is the job's, of an array the highest.
batch() {  # SBATCH ARGUMENT...
  timeout 300 sbatch --wait --quiet --open-mode=append --output="$work/job.log" "$@"
}

# A batch script of one line.
script() {  # LINE
  printf '#!/bin/bash\n%s\n' "$1" >"$work/job.sbatch"
}

embed_line="convnext embed --input \"\$SHARDS\" --output \"\$OUTPUT\" --model_path \"\$MODEL\""

complete_case() {  # NAME EXPECTATION COMMAND...
  new_case "$1"
  check "$2" exits_with 0 "${@:3}"
  check "$2: bytes, verify, merge" is_complete
}

refused_case() {  # NAME EXPECTATION WORDS SBATCH ARGUMENT...
  new_case "$1"
  check "$2 is refused" exits_with 2 batch "${@:4}"
  check "$2: the line to write instead" is_refused "$3" "$work/job.log"
}

steps_and_arrays() {
  complete_case srun "srun -n 3" srun --quiet -n 3 bash -c "exec $embed_line"
  complete_case srun_pmi2 "srun --mpi=pmi2 -n 3" srun --quiet --mpi=pmi2 -n 3 bash -c "exec $embed_line"
  complete_case srun_example "examples/slurm/embed_srun.sbatch" batch --cpus-per-task=1 examples/slurm/embed_srun.sbatch
  complete_case srun_two_nodes "examples/slurm/embed_srun.sbatch on two nodes" \
    batch --nodes=2 --cpus-per-task=1 examples/slurm/embed_srun.sbatch
  complete_case array_example "examples/slurm/embed_array.sbatch, --array=0-3" \
    batch --array=0-3 --cpus-per-task=1 examples/slurm/embed_array.sbatch
  complete_case array_in_steps "--array=3-11:4" batch --array=3-11:4 --cpus-per-task=1 examples/slurm/embed_array.sbatch
  script "srun $embed_line"
  complete_case array_of_steps "--array=0-1 -n 2 with srun" batch --array=0-1 -n 2 "$work/job.sbatch"
  script "$embed_line"
  complete_case batch_one_task "a batch script of one task without srun" batch "$work/job.sbatch"
}

# The ids 0, 5 and 9 do not say their places; neither does a process that no srun has started.
refusals() {
  refused_case array_of_a_list "--array=1,5,9,20" "--array=0-3" \
    --array=1,5,9,20 --cpus-per-task=1 examples/slurm/embed_array.sbatch
  script "$embed_line"
  refused_case batch_four_tasks "a batch script of -n 4 without srun" "write srun convnext embed" -n 4 "$work/job.sbatch"
  refused_case batch_two_nodes "a batch script of -N 2 without srun" "write srun convnext embed" -N 2 "$work/job.sbatch"
  mv "$work/job.sbatch" "$work/inner.sbatch"
  # The inner job's script inherits the variables of the step that submits it.
  script "srun -n 2 bash -c '[ \$SLURM_PROCID = 0 ] || exec sbatch --wait --quiet -n 2 --open-mode=append --output=$work/job.log $work/inner.sbatch'"
  refused_case batch_from_a_step "a batch script that was submitted from within a step" "unset SLURM_STEP_ID" \
    -n 2 "$work/job.sbatch"
}

# Of the shells of srun -n 2 --pty the second ends at once.
shell_of_two_tasks() {
  timeout 60 script --quiet --return --command "srun --quiet -n 2 --pty bash -c '[ \$SLURM_PROCID = 0 ] || exit 0; $1'" /dev/null
}

shells() {
  new_case shell
  check "the shell of srun -n 2 --pty is refused" exits_with 2 shell_of_two_tasks "exec $embed_line >$work/job.log 2>&1"
  check "the shell of srun -n 2 --pty: the line to write instead" is_refused "write srun --overlap" "$work/job.log"
  complete_case srun_in_shell "srun --overlap -n 2 in that shell" \
    shell_of_two_tasks "exec srun --overlap -n 2 bash -c \"exec ${embed_line//\"/\\\"}\""
}

# The inner job's script inherits SLURM_ARRAY_TASK_ID, unless it is taken away.
job_of_an_array_task() {
  script "[ \$SLURM_ARRAY_TASK_ID = 0 ] || exec env -u SLURM_ARRAY_TASK_ID sbatch --wait --quiet --output=$work/inner.log $work/inner.sbatch"
  batch --array=0-1 "$work/job.sbatch"
}

mpi_in_a_job() {
  script "mpirun.openmpi --allow-run-as-root --oversubscribe -n 3 $embed_line"
  complete_case open_mpi_in_a_job "Open MPI's mpirun -n 3 in a batch job" batch -n 4 "$work/job.sbatch"
  script "mpirun.mpich -n 3 $embed_line"
  complete_case mpich_in_a_job "MPICH's mpirun -n 3 in a batch job" batch -n 4 "$work/job.sbatch"
  complete_case mpich_on_two_nodes "MPICH's mpirun -n 3 in a job of two nodes" batch -N 2 --ntasks-per-node=2 "$work/job.sbatch"
}

# Starts the job, sends the signal in the middle, and takes the job's exit code.
interrupted_by() {  # SIGNAL SENDER SBATCH ARGUMENT...
  batch "${@:3}" &
  local waiting=$! code=0
  stop_in_the_middle "$1" "$2" || code=1
  wait "$waiting"
  local exit_code=$?
  [ "$exit_code" -eq 5 ] || { echo "the job's exit code is $exit_code, expected 5"; code=1; }
  return $code
}

running_job() { squeue --noheader --states=RUNNING --format=%A | head -n 1; }
send_term() { scancel --signal=TERM "$(running_job)"; }
send_usr2_to_shell() { scancel --batch --signal=USR2 "$(running_job)"; }
# Now less than a minute is left, and Slurm sends the signal when it looks next, within half a minute.
shorten_time() { scontrol update JobId="$(running_job)" TimeLimit=1; }

interrupted_case() {  # NAME EXPECTATION SIGNAL SENDER SBATCH ARGUMENT...
  new_case "$1"
  MODEL=$work/slow_model
  check "$2: exit code 5" interrupted_by "${@:3}"
  check "$2: units are left" has_units_left
  check "$2: srun -n 2 does the rest" exits_with 0 srun --quiet -n 2 bash -c "exec $embed_line"
  check "$2: bytes, verify, merge" is_complete
}

signals() {
  export RESTARTS=0
  interrupted_case term_to_steps "scancel --signal=TERM, srun" TERM send_term \
    -n 2 --cpus-per-task=1 examples/slurm/embed_srun.sbatch
  interrupted_case usr2_to_shell "scancel --batch --signal=USR2, exec" USR2 send_usr2_to_shell \
    --array=0-0 --cpus-per-task=1 examples/slurm/embed_array.sbatch
  interrupted_case usr2_in_time "sbatch --signal=USR2@60, srun" USR2 shorten_time \
    --time=10 --signal=USR2@60 -n 2 --cpus-per-task=1 examples/slurm/embed_srun.sbatch
  interrupted_case usr2_to_shell_in_time "sbatch --signal=B:USR2@60, exec" USR2 shorten_time \
    --time=10 --signal=B:USR2@60 --array=0-0 --cpus-per-task=1 examples/slurm/embed_array.sbatch
}

has_restarted() { [ "$(scontrol show job "$1" | sed -n 's/.* Restarts=\([0-9]*\).*/\1/p')" -ge 1 ]; }
is_pending() { [ "$(squeue --noheader --job="$1" --format=%T)" = PENDING ]; }
# A job that comes back waits two minutes; that is cut short.
start_now() { wait_for 60 is_pending "$1" && scontrol update JobId="$1" StartTime=now; }

# Takes the job's number; the job comes back by itself, with the same number.
comes_back() {  # SENDER WITH THE JOB
  local job
  job=$(sbatch --parsable --open-mode=append --output="$work/job.log" -n 2 --cpus-per-task=1 examples/slurm/embed_srun.sbatch)
  stop_in_the_middle TERM "$1" "$job" || return 1
  wait_for 60 has_restarted "$job" || { echo "the job was not started again"; return 1; }
  start_now "$job" && wait_for 300 has_no_jobs && has_units 12
}

send_requeue() { scontrol requeue "$1"; }
send_term_to() { scancel --signal=TERM "$1"; }

requeues() {
  export RESTARTS=1
  new_case requeue
  MODEL=$work/slow_model
  check "scontrol requeue: the job does the rest" comes_back send_requeue
  check "scontrol requeue: bytes, verify, merge" is_complete
  new_case requeue_itself
  MODEL=$work/slow_model
  check "examples/slurm/embed_srun.sbatch takes its place in the queue again" comes_back send_term_to
  check "examples/slurm/embed_srun.sbatch again: bytes, verify, merge" is_complete
}

slurm_cases() {
  steps_and_arrays
  refusals
  shells
  complete_case job_of_an_array_task "env -u SLURM_ARRAY_TASK_ID sbatch in a task of an array" job_of_an_array_task
  mpi_in_a_job
  signals
  requeues
}
