#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "convnext/base/base.h"

namespace convnext {

// Of `ranks` processes that share the units of a plan this is the one that does unit u where u % ranks == rank.
struct Rank {
  int64_t rank = 0, ranks = 1;
  // Where the numbers are from, for people: "--rank", "Slurm step (srun)", "Slurm array", "Slurm array, Slurm step
  // (srun)", "Open MPI", "MPICH", "Kubernetes Indexed Job", "alone".
  std::string source = "alone";
};

// An environment variable; nothing where it is not set.
using ReadVariable = std::function<std::optional<std::string>(const char* name)>;

// Which share of the units this process does. `rank` and `ranks` are the options of the command line. kInvalid, of the
// kind "rank.uncertain", with the line to write instead, where the surroundings do not say for certain.
//
// A rank that is too high or a count that is too low would leave units undone in silence. So only what a launcher sets
// for each process is believed, and only where nothing contradicts it. Variables are inherited: by mpirun's processes
// from the job around them, and by a job from the process that submitted it. `has_terminal` is HasTerminal(): in the
// shell of srun -n 4 --pty the variables say rank 0 of 4, and nobody is rank 1 to 3.
Result<Rank> FindRank(const ReadVariable& variable, std::optional<int64_t> rank, std::optional<int64_t> ranks,
                      bool has_terminal = false);

// Whether somebody's terminal controls this process, or is its input.
bool HasTerminal();

}  // namespace convnext
