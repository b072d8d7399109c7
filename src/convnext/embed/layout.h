// Where the files of an output directory OUT lie. Whatever else must know a path of it has it from here.
#pragma once

#include <cstdint>
#include <string>

namespace convnext {

// Of the unit `unit` out of `units`: "img_emb/img_emb_00012.npy". Numbers have leading zeros, as readers sort names as
// text.
struct UnitPaths {
  std::string embeddings;  // float32 or float16 [rows, embedding_dim]
  std::string metadata;    // JSON lines, one a row
  std::string failures;    // JSON lines, one for each input without a row; no file where there is none
  std::string commit;      // the last: with it the unit exists
  std::string inputs;      // of a unit of files: JSON lines, one a file; made with the plan
};
UnitPaths PathsOfUnit(int64_t unit, int64_t units);

inline constexpr const char* kPlanPath = "plan.json";
inline constexpr const char* kEmbedLogDirectory = "log";       // who did what when; no digest covers it
inline constexpr const char* kStandardInputTar = "input.tar";  // what came by tar:-

}  // namespace convnext
