// A plan from inputs.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/embed/inputs.h"
#include "convnext/embed/plan.h"

namespace convnext {

struct PlanOptions {
  int64_t rows_per_file = 10'000;  // files of a unit
  int64_t rows_per_unit = 10'000;  // samples of a unit, at most
  std::vector<std::string> carry = {};
  std::function<void(size_t done, size_t total)> progress = {};  // archives that were counted; may be empty
};

// A plan, and the lists of files that its units name, one JSON line each.
struct NewPlan {
  Plan plan;
  std::vector<std::string> lists;  // of each unit; empty for one of samples
};

// Counts the samples of all archives, which reads the headers of their members; of compressed ones all.
Result<NewPlan> MakePlan(const FoundInputs& found, const std::string& inputs, const std::string& identity,
                         const PlanOptions& options);

// Writes the lists, and then plan.json, to the directory `output`, unless another process was first: then that one's
// plan is the answer. kInvalid if it is about other inputs.
Result<Plan> WritePlan(const std::string& output, const NewPlan& plan);

// A file of a unit's list.
struct ListedFile {
  std::string key;
  std::string path;        // relative to Plan::root, or absolute
  bool duplicate = false;  // an earlier file of the plan has this key
};
// A list as text.
Result<std::vector<ListedFile>> ParseFileList(std::string_view text);
// The list of the unit `unit`. kInvalid where it is not the one that the plan was made with.
Result<std::vector<ListedFile>> ReadFileList(const std::string& output, const Plan& plan, int64_t unit);

}  // namespace convnext
