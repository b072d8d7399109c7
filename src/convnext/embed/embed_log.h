// Who ran what when: beside the units, and no digest covers it.
#pragma once

#include <string>

#include "convnext/embed/run_embed.h"

namespace convnext {

// Appends a line to the log of this process in `output`; whether that worked changes nothing.
class EmbedLog {
 public:
  explicit EmbedLog(const std::string& output);
  void Begin(const Rank& rank) const;
  void End(const EmbedReport& report) const;

 private:
  void Append(const std::string& line) const;
  std::string path_;
};

}  // namespace convnext
