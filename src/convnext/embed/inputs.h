// What --input names: pictures and archives, found and put in order.
#pragma once

#include <string>
#include <vector>

#include "convnext/base/base.h"

namespace convnext {

struct FoundArchive {
  std::string shard;  // its name in keys: relative to the directory that was named, or as it was named
  std::string path;   // absolute
};

struct FoundInputs {
  std::string root;                // absolute; what the files are relative to
  std::vector<std::string> files;  // pictures, relative to the root or absolute; their keys
  std::vector<FoundArchive> archives;
};

struct EmbedInputOptions {
  std::vector<std::string> inputs;  // directories, lists, CSV and TSV, archives, patterns, pictures
  std::string column;               // of a CSV or TSV; empty: the first of the usual names
};

// kInvalid where there is nothing, a name is no file, or a directory cannot be read. `standard_input` is the text that
// "-" stands for.
Result<FoundInputs> FindInputs(const EmbedInputOptions& options, std::string_view standard_input);

// The names that "shards/{000..012}.tar", "{a,b}.tar" and, where such a file exists, "shards/*.tar" stand for, in
// order; the text itself where it is no pattern. kInvalid where a pattern is not closed, or too large.
Result<std::vector<std::string>> ExpandPattern(const std::string& pattern);

// The paths of a list: lines, or separated by NUL where it has one. Empty ones do not count.
std::vector<std::string> ListEntries(std::string_view text);

// The column of a CSV (RFC 4180) or a TSV, which `separator` tells, with a line of names. kInvalid without that column.
Result<std::vector<std::string>> TableColumn(std::string_view text, char separator, const std::string& column);

}  // namespace convnext
