// Which share of the units this process does.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "convnext/base/base.h"

namespace convnext {

// The units u with u % ranks == rank.
struct Rank {
  int64_t rank = 0, ranks = 1;
  std::string source = "alone";  // for people: "--rank", "Slurm step", "Slurm array", "Open MPI", "MPICH", "Kubernetes"
};
inline constexpr Bounds<int64_t> kRankCounts{1, 1'000'000};

// An environment variable; nothing where it is not set.
using ReadVariable = std::function<std::optional<std::string>(const char* name)>;

// As --rank and --ranks say, or the variables of the scheduler that started the process. kInvalid, with the line to
// write instead, where they do not say it for certain: the obvious reading would do a part of the work, in silence.
Result<Rank> FindRank(const ReadVariable& variable, std::optional<int64_t> rank, std::optional<int64_t> ranks);

}  // namespace convnext
