// The inputs of atc besides its flags: the model and the environment.
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include "atc_request.h"
#include "onnx_reader.h"

namespace ascend_emulator {
namespace {

namespace fs = std::filesystem;

constexpr uintmax_t kMostBytes = (uintmax_t{1} << 31) - 1;  // of a protocol buffer

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// Whether one of the directories of a variable like PATH is `directory`.
bool Names(const std::string& variable, const fs::path& directory) {
  for (size_t start = 0; start <= variable.size();) {
    const size_t end = std::min(variable.find(':', start), variable.size());
    std::error_code ignored;
    const fs::path entry = variable.substr(start, end - start);
    if (!entry.empty() && fs::equivalent(entry, directory, ignored)) return true;
    start = end + 1;
  }
  return false;
}

}  // namespace

std::string ReadOnnxFile(const std::string& path, std::string& onnx) {
  std::error_code failure;
  const uintmax_t size = fs::file_size(path, failure);
  if (!failure && size == 0) return fmt::format("E13015: The file {} is empty", path);
  if (failure || size > kMostBytes) return fmt::format("E10041: Failed to load the model from {}", path);
  std::ifstream file(path, std::ios::binary);
  std::string bytes(size, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  if (!file) return fmt::format("E13001: Failed to open or read file {}", path);
  if (std::string error = InlineExternalData(bytes, fs::path(path).parent_path(), onnx); !error.empty())
    return fmt::format("E13005: Failed to parse file {}: {}", path, error);
  return "";
}

std::string MissingLibrary(const std::string& root) {
  return Names(Variable("LD_LIBRARY_PATH"), fs::path(root) / "lib64") ? "" : "libge_compiler.so";
}

std::string CheckEnvironment(const std::string& root) {
  const std::string opp = Variable("ASCEND_OPP_PATH");
  if (opp.empty()) return "E10501: IR for Op [Data] is not registered (ASCEND_OPP_PATH is not set)";
  std::error_code ignored;
  if (!fs::is_regular_file(fs::path(opp) / "version.info", ignored))
    return fmt::format("E20002: The path {} of ASCEND_OPP_PATH is invalid", opp);
  if (!Names(Variable("PATH"), fs::path(root) / "compiler/ccec_compiler/bin"))
    return "E40001: The environment variable PATH does not hold the compiler's directory";
  if (!Names(Variable("PYTHONPATH"), fs::path(root) / "python/site-packages"))
    return "E40020: Failed to import Python module [tbe]: No module named 'tbe'";
  return "";
}

}  // namespace ascend_emulator
