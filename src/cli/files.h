// What a command reads and writes. A loss is refused here, in one place for all commands, before anything is computed.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/bundle/bundle.h"
#include "convnext/engine.h"

namespace convnext::cli {

class CommandFiles {
 public:
  // An input; `name` says in messages what it is ("the model").
  void Reads(std::string_view name, const std::string& path);
  void ReadsPictures(const std::vector<std::string>& paths);
  // The weights and configs that lie in a model's directory, or beside a .safetensors file: whichever are read.
  void ReadsModel(const std::string& path);
  void ReadsDevice(const BackendOptions& backend);  // its --om_path

  // An output that a flag names: a file of one of these endings, or any device or pipe. No endings: any name.
  void Writes(std::string_view flag, const std::string& path, std::vector<std::string> endings = {});
  // What RecordEvent writes of `event` below `directory`, with the pictures that were read.
  void WritesEvent(std::string_view flag, const std::string& directory, std::string_view event,
                   const std::vector<SourcePicture>& pictures);
  // All that a bundle may hold, and what its directory holds now: replacing a bundle removes it.
  void WritesBundle(std::string_view flag, const std::string& directory);

  // kInvalid if an output, through whatever links, is an input, another output or where a standard stream goes, if its
  // ending is another, or if it could not be written.
  Status Check() const;

 private:
  struct File {
    std::string name, path;
    std::vector<std::string> endings = {};
  };
  Status CheckEndings() const;
  Status CheckIdentities() const;

  Status CheckRecords() const;

  std::vector<File> inputs_, outputs_;
  std::vector<std::string> records_;  // directories with a run log
};

// Where a command writes whose output was not named: in a finished bundle, as a reviewer's clone is one, to run/ below
// it, which the bundle's .gitignore names, so that the evidence stays as it is; otherwise to `usual`.
std::string OutputOutsideBundle(const std::string& usual);

}  // namespace convnext::cli
