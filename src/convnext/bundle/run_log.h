#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/bundle/evidence.h"
#include "convnext/bundle/layout.h"

namespace convnext {

// The run log: one JSON object a line, {"sequence", "previous", "event", "record", "outputs"}. "previous" is the sha256
// of the line before (without its newline; 64 zeros in the first line), so that no line can be changed, cut out or put
// in without changing all that follow. "outputs" holds the sha256 of every file that the event wrote.
struct RunLogEntry {
  std::string event;  // IsEvent, in a log of ours
  nlohmann::ordered_json record;
  std::map<std::string, std::string> outputs;
  int64_t sequence = 0;
  std::string previous;
  std::string digest;  // of this line
};

class RunLog {
 public:
  // kInvalid, naming the line, if a line is not what is described above. Whether the chain holds is for FindBreaks.
  static Result<RunLog> Parse(std::string_view text);

  void Append(const std::string& event, const nlohmann::ordered_json& record,
              const std::map<std::string, std::string>& outputs);

  const std::vector<RunLogEntry>& entries() const { return entries_; }
  // The last entry of `event`, nullptr if there is none.
  const RunLogEntry* Last(std::string_view event) const;
  const std::string& text() const { return text_; }
  std::string digest() const;  // of the last line; zeros if there is none

  // Where the chain is broken, in words; empty if it holds.
  std::vector<std::string> FindBreaks() const;
  // The digest that each file should have, by path: a later entry replaces that of an earlier one.
  std::map<std::string, std::string> Outputs() const;

 private:
  std::vector<RunLogEntry> entries_;
  std::string text_;
};

// The digests of files, as "outputs" holds them.
std::map<std::string, std::string> Digests(const Files& files);
std::string DigestOf(std::string_view bytes);

}  // namespace convnext
