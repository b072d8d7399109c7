// The pictures of units, one after the other.
#pragma once

#include <memory>
#include <vector>

#include "convnext/embed/item.h"
#include "convnext/embed/make_plan.h"

namespace convnext {

// Reads archives as they follow each other in the plan without opening them twice. Not thread-safe.
class UnitReader {
 public:
  UnitReader(Plan plan, std::string output, std::vector<int64_t> units)
      : plan_(std::move(plan)), output_(std::move(output)), units_(std::move(units)) {}

  // The next picture, or the end of a unit; nothing after the last unit. A file is named, not read.
  std::optional<EmbedItem> Next();

 private:
  EmbedItem Begin();
  EmbedItem NextFile();
  EmbedItem NextSample();
  EmbedItem End();
  EmbedItem Fail(const Status& problem);
  Status OpenArchive(const PlanUnit& unit);
  EmbedItem Item() const;

  const Plan plan_;
  const std::string output_;
  const std::vector<int64_t> units_;
  size_t place_ = 0;    // in units_
  bool begun_ = false;  // that unit
  int64_t next_ = 0;    // input of that unit
  std::vector<ListedFile> files_;
  std::unique_ptr<SampleReader> samples_;
  std::optional<size_t> archive_;  // that samples_ reads
  int64_t next_sample_ = 0;        // that samples_ gives
};

}  // namespace convnext
