#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/base/status.h"

namespace convnext {

struct ProcessOptions {
  double timeout_seconds = 10;
  size_t max_output_bytes = size_t{1} << 20;          // what comes after is read and dropped
  std::map<std::string, std::string> variables = {};  // added to the environment of this process
  bool with_errors = true;            // standard error goes into the output too; otherwise it is dropped
  std::string directory = {};         // that it runs in; empty: that of this process
  bool timeout_is_error = true;       // otherwise the result says so, and has what was printed until then
  std::string remove_if_killed = {};  // a directory that is removed if this process ends before the program does
};

struct ProcessResult {
  int exit_code = 0;  // 128 + N where signal N ended it, as a shell says
  std::string output;
  bool timed_out = false;
};

// Runs arguments[0] with the rest as its arguments, without a shell and with nothing on standard input, and waits for
// its end. Whatever it started and left behind is killed then, and all of it if this process ends meanwhile, however
// that comes. kUnavailable if there is no such program, kIo if it cannot be run or does not end in time.
Result<ProcessResult> RunProcess(const std::vector<std::string>& arguments, const ProcessOptions& options = {});

// The first program called `name` in the directories of `path`, which is what the variable PATH holds.
std::optional<std::string> FindProgram(const std::string& name, std::string_view path);

}  // namespace convnext
