#include "convnext/embed/rank.h"

#include <charconv>

namespace convnext {
namespace {

// A variable of a scheduler as a number from 0 on; nothing where it is not set.
class Numbers {
 public:
  explicit Numbers(const ReadVariable& variable) : variable_(variable) {}

  std::optional<int64_t> operator()(const char* name) {
    const auto text = variable_(name);
    if (!text) return std::nullopt;
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error == std::errc() && end == text->data() + text->size() && value >= 0) return value;
    if (status_.ok())
      status_ =
          Invalid("{}={}: expected a number from 0 on; name the share by --rank and --ranks", name, Printable(*text))
              .WithKind("rank.uncertain");
    return std::nullopt;
  }
  const Status& status() const { return status_; }  // of the first that is no number

 private:
  const ReadVariable& variable_;
  Status status_;
};

Status Uncertain(std::string text) { return Status(Code::kInvalid, std::move(text)).WithKind("rank.uncertain"); }

Result<Rank> Checked(Rank rank) {
  CONVNEXT_RETURN_IF_ERROR(CheckBounds("number of ranks", rank.ranks, kRankCounts));
  if (rank.rank >= 0 && rank.rank < rank.ranks) return rank;
  return Invalid("rank {} of {} ({}): expected 0 to {}", rank.rank, rank.ranks, rank.source, rank.ranks - 1);
}

// Of MPI's launchers, whose ranks are also right within a job of Slurm.
Result<std::optional<Rank>> FromMpi(Numbers& number) {
  const auto open_rank = number("OMPI_COMM_WORLD_RANK"), open_size = number("OMPI_COMM_WORLD_SIZE");
  const auto pmi_rank = number("PMI_RANK"), pmi_size = number("PMI_SIZE");
  const bool open = open_rank && open_size, pmi = pmi_rank && pmi_size;
  if (open && pmi && (open_rank != pmi_rank || open_size != pmi_size) && *open_size > 1 && *pmi_size > 1) {
    return Uncertain(fmt::format("Open MPI says rank {} of {}, MPICH {} of {}; name the share by --rank and --ranks",
                                 *open_rank, *open_size, *pmi_rank, *pmi_size));
  }
  if (open) return std::optional(Rank{*open_rank, *open_size, "Open MPI"});
  if (pmi) return std::optional(Rank{*pmi_rank, *pmi_size, "MPICH"});
  return std::optional<Rank>();
}

// The task within a job of Slurm (22.05). A batch script sees SLURM_PROCID=0 and the tasks of the whole job; only a
// step that srun starts has SLURM_STEP_NUM_TASKS. Without -n, SLURM_NTASKS is not set.
Result<Rank> SlurmTask(Numbers& number) {
  const auto tasks = number("SLURM_STEP_NUM_TASKS"), task = number("SLURM_PROCID");
  if (number("SLURM_STEP_ID") && tasks && task) return Rank{*task, *tasks, "Slurm step"};
  const int64_t job = std::max({number("SLURM_NTASKS").value_or(1), number("SLURM_NTASKS_PER_NODE").value_or(1),
                                number("SLURM_JOB_NUM_NODES").value_or(1)});
  if (job == 1) return Rank{};
  return Uncertain(
      fmt::format("the job of Slurm has {} tasks, and this process is none of them: it was started without srun. Write "
                  "'srun convnext "
                  "embed ...' for all of them, or '--rank 0 --ranks 1' for this one alone",
                  job));
}

// The place of a task in an array, where its numbers are evenly spaced.
Result<std::optional<Rank>> SlurmArray(Numbers& number) {
  const auto id = number("SLURM_ARRAY_TASK_ID");
  if (!id) return std::optional<Rank>();
  const auto count = number("SLURM_ARRAY_TASK_COUNT"), low = number("SLURM_ARRAY_TASK_MIN");
  const auto high = number("SLURM_ARRAY_TASK_MAX"), step = number("SLURM_ARRAY_TASK_STEP");
  if (count && low && high && step && *step > 0 && *high >= *low && (*high - *low) / *step + 1 == *count &&
      *id >= *low && (*id - *low) % *step == 0)
    return std::optional(Rank{(*id - *low) / *step, *count, "Slurm array"});
  return Uncertain(
      fmt::format("the task {} of the array of Slurm is one of {}, whose numbers are not evenly spaced: which share it "
                  "does cannot be "
                  "told. Submit --array=0-{} instead, or name the share by --rank and --ranks",
                  *id, count.value_or(0), count.value_or(1) - 1));
}

Result<Rank> FromSlurm(Numbers& number) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto task, SlurmTask(number));
  CONVNEXT_ASSIGN_OR_RETURN(const auto array, SlurmArray(number));
  if (!array) return task;
  return Rank{array->rank * task.ranks + task.rank, array->ranks * task.ranks,
              task.ranks > 1 ? "Slurm array of steps" : array->source};
}

Result<Rank> FromKubernetes(int64_t index, std::optional<int64_t> ranks) {
  if (ranks) return Rank{index, *ranks, "Kubernetes"};
  return Uncertain(fmt::format(
      "JOB_COMPLETION_INDEX={} says which index of a Job of Kubernetes this is, but not how many there are; write "
      "--ranks N with the Job's completions",
      index));
}

Result<Rank> FromVariables(Numbers& number, std::optional<int64_t> ranks) {
  const auto mpi = FromMpi(number);
  if (!mpi.ok()) return mpi.status();
  const auto index = number("JOB_COMPLETION_INDEX");
  if (!*mpi && index) return FromKubernetes(*index, ranks);
  if (ranks) return Uncertain("--ranks without --rank; write both, --rank R --ranks N");
  if (*mpi) return **mpi;
  return FromSlurm(number);
}

}  // namespace

Result<Rank> FindRank(const ReadVariable& variable, std::optional<int64_t> rank, std::optional<int64_t> ranks) {
  if (rank && ranks) return Checked({*rank, *ranks, "--rank"});
  if (rank) return Uncertain("--rank without --ranks; write both, --rank R --ranks N");
  Numbers number(variable);
  const auto found = FromVariables(number, ranks);
  CONVNEXT_RETURN_IF_ERROR(number.status());
  if (!found.ok()) return found;
  return Checked(*found);
}

}  // namespace convnext
