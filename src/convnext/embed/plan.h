// What is to be done: the inputs, cut into units, and with what they are embedded. Written once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/base/base.h"

namespace convnext {

// An archive of the inputs as it was when the plan was made.
struct PlanArchive {
  std::string shard;  // its name in keys
  std::string path;   // absolute
  int64_t bytes = 0, samples = 0;
  std::string damage = {};  // a kind; empty: none
};

inline constexpr Bounds<int64_t> kRowsOfUnits{1, 10'000'000};

// A run of inputs that is done and committed as a whole.
struct PlanUnit {
  std::optional<size_t> archive;  // nothing: files, listed in UnitPaths::inputs
  int64_t first = 0, count = 0;   // samples of the archive; files from 0
  std::string inputs_sha256;      // of that list
};

struct Plan {
  std::string inputs;    // a JSON array: what --input named
  std::string root;      // what the paths of files are relative to, absolute
  std::string identity;  // a JSON object: model, weights, preprocessing, device, dtype, ...: what the bytes depend on
  std::vector<PlanArchive> archives = {};
  std::vector<PlanUnit> units = {};
  std::vector<std::string> carry = {};
  std::string sha256 = {};  // of plan.json

  int64_t size() const { return static_cast<int64_t>(units.size()); }
  int64_t inputs_count() const;  // files and samples
};

std::string PlanJson(const Plan& plan);
// kInvalid for what PlanJson did not write, or for a plan of another version of this format.
Result<Plan> ParsePlan(std::string_view text);

// Of the output directory `output`; nullopt where there is none. kInvalid if there are files that are not ours.
Result<std::optional<Plan>> ReadPlan(const std::string& output);

// The fields of two JSON objects that differ, a line each: "dtype: float32 there, bfloat16 here". Empty: none.
std::string IdentityDifferences(const std::string& there, const std::string& here);

}  // namespace convnext
