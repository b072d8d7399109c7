#include "convnext/embed/rank.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>

namespace convnext {
namespace {

// As many as products of two stay in 64 bits.
constexpr int64_t kMostRanks = 1'000'000'000;
constexpr const char* kUncertain = "rank.uncertain";
constexpr const char* kByHand = "--rank R --ranks N, where R counts the processes from 0 and N is how many there are";

std::string ShareText(const Rank& share) { return fmt::format("{} of {}", share.rank, share.ranks); }

bool IsSameShare(const Rank& a, const Rank& b) { return a.rank == b.rank && a.ranks == b.ranks; }

Result<std::optional<int64_t>> ReadNumber(const ReadVariable& variable, const char* name) {
  const std::optional<std::string> text = variable(name);
  if (!text) return std::optional<int64_t>();
  int64_t number = 0;
  const char* end = text->data() + text->size();
  const auto [rest, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc() || rest != end || number < 0 || number > kMostRanks) {
    return Invalid("{} is \"{}\": expected a number from 0 to {}; unset it, or write {}", name, Printable(*text),
                   kMostRanks, kByHand);
  }
  return std::optional<int64_t>(number);
}

Status CheckShare(int64_t rank, int64_t ranks, std::string_view rank_name, std::string_view ranks_name) {
  if (rank >= 0 && ranks > rank && ranks <= kMostRanks) return {};
  return Invalid("{} is {} and {} is {}: expected a rank from 0 to one less than the count, which is at most {}",
                 rank_name, rank, ranks_name, ranks, kMostRanks);
}

// The two variables that a launcher sets for each process; nothing where neither is set.
Result<std::optional<Rank>> ReadPair(const ReadVariable& variable, const char* rank_name, const char* ranks_name,
                                     const char* source) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto rank, ReadNumber(variable, rank_name));
  CONVNEXT_ASSIGN_OR_RETURN(const auto ranks, ReadNumber(variable, ranks_name));
  if (!rank && !ranks) return std::optional<Rank>();
  if (!rank || !ranks) {
    return Invalid("{} is set and {} is not: expected both or neither; write {}", rank ? rank_name : ranks_name,
                   rank ? ranks_name : rank_name, kByHand);
  }
  CONVNEXT_RETURN_IF_ERROR(CheckShare(*rank, *ranks, rank_name, ranks_name));
  return std::optional<Rank>(Rank{*rank, *ranks, source});
}

// The two options come together.
Result<Rank> FromOptions(int64_t rank, std::optional<int64_t> ranks) {
  if (!ranks)
    return Invalid("--rank {} without --ranks: write --rank {} --ranks N, where N is how many processes there are",
                   rank, rank);
  CONVNEXT_RETURN_IF_ERROR(CheckShare(rank, *ranks, "--rank", "--ranks"));
  return Rank{rank, *ranks, "--rank"};
}

bool IsSlurm(const ReadVariable& variable) {
  return variable("SLURM_JOB_ID") || variable("SLURM_PROCID") || variable("SLURM_ARRAY_TASK_ID");
}

// Variables of a step that the process is not a task of. A batch script that was submitted from within a step has
// inherited that step's, with a rank 0 of its own, and sbatch --export=NONE does not change that. srun sets
// SLURM_UMASK; slurmd takes it from the environment of batch scripts, even where it was inherited.
Status CheckIsOfStep(const ReadVariable& variable, int64_t tasks) {
  if (variable("SLURM_UMASK")) return {};
  return Invalid(
      "SLURM_STEP_NUM_TASKS is {}, but SLURM_UMASK, which srun sets, is not: these variables are of the step that this "
      "job was submitted from; write srun before convnext, or unset SLURM_STEP_ID in the script, or {}",
      tasks, kByHand);
}

// The shell of srun -n 4 --pty is task 0 of 4, and the other three have ended: their shells had no input. What a shell
// starts by a further srun has inherited SLURM_PTY_PORT, but no terminal.
Status CheckIsNotInteractive(const ReadVariable& variable, bool has_terminal, int64_t tasks) {
  if (!has_terminal || !variable("SLURM_PTY_PORT")) return {};
  return Invalid(
      "SLURM_STEP_NUM_TASKS is {}, but this process belongs to a terminal (srun --pty), which one task alone has: "
      "write "
      "srun --overlap convnext embed ... so that each task does its share, or --rank 0 --ranks 1 so that this process "
      "does everything",
      tasks);
}

// The task of a step, which srun started.
Result<std::optional<Rank>> ReadStep(const ReadVariable& variable, bool has_terminal) {
  if (!variable("SLURM_STEP_ID")) return std::optional<Rank>();
  CONVNEXT_ASSIGN_OR_RETURN(auto step, ReadPair(variable, "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "Slurm step (srun)"));
  if (!step || step->ranks == 1) return step;
  CONVNEXT_RETURN_IF_ERROR(CheckIsOfStep(variable, step->ranks));
  CONVNEXT_RETURN_IF_ERROR(CheckIsNotInteractive(variable, has_terminal, step->ranks));
  return step;
}

// A job's process that no srun started: it is the only one, so it may do everything only where the job is for one.
Status CheckJobOfOneTask(const ReadVariable& variable) {
  for (const char* name : {"SLURM_NTASKS", "SLURM_JOB_NUM_NODES", "SLURM_HET_SIZE"}) {
    CONVNEXT_ASSIGN_OR_RETURN(const auto count, ReadNumber(variable, name));
    if (!count || *count <= 1) continue;
    return Invalid(
        "{} is {}, but this process was started without srun, so it is the only one: write srun convnext embed ... so "
        "that "
        "each task does its share, or --rank 0 --ranks 1 so that this process does everything",
        name, *count);
  }
  return {};
}

// The place of this task in the array. Its id alone does not tell: --array=1,5,9,20 says of itself 4 ids from 1 to 20
// in steps of 1. A job that was submitted from within a task of an array, and is none itself, has inherited these
// variables, and no other tells: docs/cluster.md says so.
Result<std::optional<Rank>> ReadArray(const ReadVariable& variable) {
  if (!variable("SLURM_ARRAY_TASK_ID")) return std::optional<Rank>();
  int64_t numbers[5];
  int64_t* number = numbers;
  for (const char* name : {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN",
                           "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_STEP"}) {
    CONVNEXT_ASSIGN_OR_RETURN(const auto value, ReadNumber(variable, name));
    if (!value) return Invalid("SLURM_ARRAY_TASK_ID is set and {} is not: write {}", name, kByHand);
    *number++ = *value;
  }
  const auto& [id, count, smallest, largest, step] = numbers;
  const bool is_regular = step > 0 && smallest <= id && id <= largest && (id - smallest) % step == 0 &&
                          (largest - smallest) / step + 1 == count;
  if (!is_regular) {
    return Invalid(
        "the array has {} ids from {} to {} in steps of {}, so the place of SLURM_ARRAY_TASK_ID {} among them is not "
        "known: "
        "submit with --array=0-{}, or write {}",
        count, smallest, largest, step, id, count > 0 ? count - 1 : 0, kByHand);
  }
  return std::optional<Rank>(Rank{(id - smallest) / step, count, "Slurm array"});
}

// PMI_RANK and PMI_SIZE, which Slurm sets as well under srun --mpi=pmi2: then they say the same as the step, or they
// are an outer step's, which the name of the job's step tells.
Result<std::optional<Rank>> ReadPmi(const ReadVariable& variable, const std::optional<Rank>& step) {
  CONVNEXT_ASSIGN_OR_RETURN(auto pmi, ReadPair(variable, "PMI_RANK", "PMI_SIZE", "MPICH"));
  if (!pmi || !step) return pmi;
  if (IsSameShare(*pmi, *step)) return std::optional<Rank>();
  const std::string own = variable("SLURM_JOB_ID").value_or("") + "." + variable("SLURM_STEP_ID").value_or("");
  const std::optional<std::string> job = variable("PMI_JOBID");
  if (job && *job != own) {
    return Invalid("PMI_RANK says {}, of step {}, and SLURM_PROCID says {}, of step {}: write {}", ShareText(*pmi),
                   Printable(*job), ShareText(*step), Printable(own), kByHand);
  }
  return pmi;
}

// What mpirun of either MPI says. It wins over Slurm, whose variables are those of the job or the step that mpirun runs
// in.
Result<std::optional<Rank>> ReadMpi(const ReadVariable& variable, const std::optional<Rank>& step) {
  CONVNEXT_ASSIGN_OR_RETURN(auto open_mpi,
                            ReadPair(variable, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "Open MPI"));
  CONVNEXT_ASSIGN_OR_RETURN(auto pmi, ReadPmi(variable, step));
  if (open_mpi && pmi && !IsSameShare(*open_mpi, *pmi)) {
    return Invalid("OMPI_COMM_WORLD_RANK says {} and PMI_RANK says {}: expected one mpirun; write {}",
                   ShareText(*open_mpi), ShareText(*pmi), kByHand);
  }
  return open_mpi ? open_mpi : pmi;
}

// Each task of an array has as many processes as this one.
Result<Rank> WithinArray(const Rank& array, const std::optional<Rank>& process) {
  if (!process) return array;
  const Rank share{array.rank * process->ranks + process->rank, array.ranks * process->ranks,
                   array.source + ", " + process->source};
  CONVNEXT_RETURN_IF_ERROR(CheckShare(share.rank, share.ranks, "the rank within the array", "the count"));
  return share;
}

Result<Rank> FromLaunchers(const ReadVariable& variable, bool has_terminal) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto step, ReadStep(variable, has_terminal));
  CONVNEXT_ASSIGN_OR_RETURN(const auto mpi, ReadMpi(variable, step));
  CONVNEXT_ASSIGN_OR_RETURN(const auto array, ReadArray(variable));
  const std::optional<Rank>& process = mpi ? mpi : step;
  if (!process && IsSlurm(variable)) CONVNEXT_RETURN_IF_ERROR(CheckJobOfOneTask(variable));
  if (array) return WithinArray(*array, process);
  return process ? *process : Rank{};
}

// The index of a pod, whose Job's count no variable tells.
Result<Rank> FromKubernetes(const ReadVariable& variable, int64_t index, std::optional<int64_t> ranks) {
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID", "SLURM_ARRAY_TASK_ID"}) {
    if (variable(name)) return Invalid("JOB_COMPLETION_INDEX and {} are both set: write {}", name, kByHand);
  }
  if (!ranks)
    return Invalid(
        "JOB_COMPLETION_INDEX is {}, but no variable says of how many: write --ranks N, the same as completions in the "
        "Job",
        index);
  CONVNEXT_RETURN_IF_ERROR(CheckShare(index, *ranks, "JOB_COMPLETION_INDEX", "--ranks"));
  return Rank{index, *ranks, "Kubernetes Indexed Job"};
}

Result<Rank> FindShare(const ReadVariable& variable, std::optional<int64_t> rank, std::optional<int64_t> ranks,
                       bool has_terminal) {
  if (rank) return FromOptions(*rank, ranks);
  CONVNEXT_ASSIGN_OR_RETURN(const auto index, ReadNumber(variable, "JOB_COMPLETION_INDEX"));
  if (index) return FromKubernetes(variable, *index, ranks);
  if (!ranks) return FromLaunchers(variable, has_terminal);
  return Invalid(
      "--ranks {} without --rank: write --rank R as well, or leave --ranks away where srun, a Slurm array or mpirun "
      "starts the processes",
      *ranks);
}

}  // namespace

bool HasTerminal() {
  if (isatty(STDIN_FILENO)) return true;
  const int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0) return false;
  close(terminal);
  return true;
}

Result<Rank> FindRank(const ReadVariable& variable, std::optional<int64_t> rank, std::optional<int64_t> ranks,
                      bool has_terminal) {
  Result<Rank> share = FindShare(variable, rank, ranks, has_terminal);
  if (!share.ok()) return share.status().WithKind(kUncertain);
  return share;
}

}  // namespace convnext
