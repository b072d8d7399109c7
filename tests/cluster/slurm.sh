# shellcheck shell=bash disable=SC2154
# A Slurm of our own for tests/cluster/run: munged, slurmctld and two nodes on 127.0.0.1, all below one folder. As root.

slurm_daemons=()

free_ports() {  # HOW MANY
  python3 -c '
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in sockets])' "$1"
}

# No cgroups and no accounting, so that a container without systemd will do. A node says that it has four cores, whatever the
# machine has. JobRequeue and the signals are Slurm's defaults.
write_slurm_conf() {  # FOLDER
  local ports host
  read -ra ports < <(free_ports 3)
  host=$(hostname -s)
  cat >"$1/slurm.conf" <<CONF
ClusterName=tests
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$1/munge/socket
SlurmctldPort=${ports[0]}
SlurmctldPidFile=$1/slurmctld.pid
SlurmdPidFile=$1/slurmd-%n.pid
SlurmctldLogFile=$1/slurmctld.log
SlurmdLogFile=$1/slurmd-%n.log
StateSaveLocation=$1/state
SlurmdSpoolDir=$1/spool-%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1
SlurmdParameters=config_overrides
ReturnToService=2
NodeName=node1 NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[1]} CPUs=4
NodeName=node2 NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[2]} CPUs=4
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
}

start_munge() {  # FOLDER
  mkdir -m 700 "$1/munge"
  (umask 077 && head -c 64 /dev/urandom >"$1/munge/key")
  munged --foreground --force --key-file="$1/munge/key" --socket="$1/munge/socket" --pid-file="$1/munge/pid" \
    --log-file="$1/munge/log" --seed-file="$1/munge/seed" >"$1/munged.log" 2>&1 &
  slurm_daemons+=($!)
  wait_for 20 test -S "$1/munge/socket"
}

are_nodes_idle() { [ "$(sinfo --noheader --Node --format=%T 2>/dev/null | sort -u)" = idle ]; }

# Sets SLURM_CONF, by which sbatch, srun and scancel find it.
start_slurm() {  # FOLDER
  mkdir -p "$1/state" "$1/spool-node1" "$1/spool-node2"
  write_slurm_conf "$1"
  export SLURM_CONF=$1/slurm.conf
  start_munge "$1" || return 1
  slurmctld -D -f "$SLURM_CONF" >"$1/slurmctld.out" 2>&1 &
  slurm_daemons+=($!)
  local node
  for node in node1 node2; do
    slurmd -D -f "$SLURM_CONF" -N "$node" >"$1/slurmd-$node.out" 2>&1 &
    slurm_daemons+=($!)
  done
  wait_for 60 are_nodes_idle || { tail -n 20 "$1"/*.log "$1"/*.out >&2; return 1; }
}

# Ends the jobs first, as the processes of their steps outlive slurmd.
stop_slurm() {
  [ ${#slurm_daemons[@]} -eq 0 ] && return
  timeout 20 scancel --quiet --user="$(id -un)" 2>/dev/null
  wait_for 20 has_no_jobs
  kill "${slurm_daemons[@]}" 2>/dev/null
  wait "${slurm_daemons[@]}" 2>/dev/null
  slurm_daemons=()
}

has_no_jobs() { [ -z "$(timeout 5 squeue --noheader 2>/dev/null)" ]; }

# Every tenth of a second, until the command succeeds. The limit is for what hangs.
wait_for() {  # SECONDS COMMAND...
  local left=$(($1 * 10))
  shift
  until "$@"; do
    [ $((left -= 1)) -gt 0 ] || return 1
    sleep 0.1
  done
}
