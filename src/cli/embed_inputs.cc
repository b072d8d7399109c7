#include "cli/embed_inputs.h"

#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cli/cli.h"

namespace convnext::cli {
namespace {

std::string ReadStandardInput() { return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()}; }

// A tar that comes on standard input is kept in the output: it can then be gone on with.
Status KeepStandardInput(const std::string& path) {
  return WriteFile(path, [](const WriteBytes& write) -> Status {
    std::vector<std::byte> block(size_t{1} << 20);
    while (true) {
      const ssize_t count = ::read(STDIN_FILENO, block.data(), block.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return IoError("standard input cannot be read");
      if (count == 0) return {};
      CONVNEXT_RETURN_IF_ERROR(write(std::span(block).first(static_cast<size_t>(count))));
    }
  });
}

}  // namespace

Result<FoundInputs> FindNewInputs(EmbedInputOptions input, const std::string& output) {
  if (input.inputs.empty()) return Invalid("--input is required: {} has no plan yet", Printable(output, 1000));
  std::string list;
  for (std::string& name : input.inputs) {
    if (name == "-") list = ReadStandardInput();
    if (name != "tar:-") continue;
    name = output + "/" + kStandardInputTar;
    CONVNEXT_RETURN_IF_ERROR(KeepStandardInput(name));
  }
  return FindInputs(input, list);
}

std::string InputsJson(const std::vector<std::string>& inputs) {
  return nlohmann::ordered_json(inputs).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void ShowCounting(size_t done, size_t total) {
  if (total > 1 && ::isatty(STDERR_FILENO) != 0)
    PrintError("\r\033[Kcounting the samples of archive {} of {}{}", done + 1, total,
               done + 1 == total ? "\r\033[K" : "");
}

}  // namespace convnext::cli
