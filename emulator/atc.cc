// The emulator's atc: from ONNX to an .om that the emulator's libascendcl runs. It finds its CANN root, as the real one
// does, from where it lies: ROOT/bin/atc.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "atc_fault.h"
#include "atc_flags.h"
#include "atc_graph.h"
#include "atc_request.h"
#include "model.h"
#include "onnx_reader.h"

namespace ascend_emulator {
namespace {

namespace fs = std::filesystem;

constexpr int kFailed = 255;
constexpr int kNotLoaded = 127;  // the loader's

std::string Root() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path().parent_path();
}

// Whole or not at all.
std::string WriteWhole(const std::string& path, const std::string& bytes) {
  const std::string temporary = fmt::format("{}.{}", path, ::getpid());
  std::ofstream file(temporary, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  std::error_code failure;
  if (file) fs::rename(temporary, path, failure);
  if (file && !failure) return "";
  fs::remove(temporary, failure);
  return fmt::format("E13004: Failed to write file {}", path);
}

std::string ReadOmFile(const Flags& flags, CompiledModel& model, size_t& size) {
  const std::string path = Value(flags, "om");
  std::ifstream file(path, std::ios::binary);
  if (path.empty() || !file) return InvalidValue("om", path, "the file does not exist");
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::string reason;
  const auto read = ReadOm(bytes, reason);
  if (!read) return InvalidValue("om", path, reason);
  model = *read;
  size = bytes.size();
  return "";
}

std::string OmPath(const std::string& output, bool architecture) {
  utsname names{};
  ::uname(&names);
  return architecture ? fmt::format("{}_linux_{}.om", output, names.machine) : output + ".om";
}

// Faults that need no model, and those that do.
std::string ApplyFaults(const AtcFaults& faults, CompiledModel& model) {
  if (faults.hang) std::this_thread::sleep_for(std::chrono::hours(1));
  if (faults.crash) std::abort();
  OnnxModel onnx;
  if (!ParseOnnx(model.onnx, onnx).empty()) return "";  // the compiler says so itself
  if (std::string error = FaultError(faults, onnx.Opset().value_or(0)); !error.empty()) return error;
  if (faults.cast) model.precision_mode = "fp16";
  return "";
}

// --external_weight=1: weights go into files in "weight" beside the model.
std::string MoveWeights(AtcRequest& request) {
  std::map<std::string, std::string> files;
  std::string model;
  if (std::string error = ExternalizeData(request.model.onnx, model, files); !error.empty())
    return "E13005: Failed to parse the ONNX model: " + error;
  request.model.onnx = std::move(model);
  const fs::path directory = fs::path(request.output).parent_path() / "weight";
  std::error_code error;
  fs::create_directories(directory, error);
  for (const auto& [name, data] : files) {
    if (std::string failure = WriteWhole((directory / name).string(), data); !failure.empty()) return failure;
  }
  return "";
}

std::string CompileModel(const Flags& flags, const std::string& command, const AtcFaults& faults) {
  AtcRequest request;
  if (std::string error = ReadRequest(flags, Root(), request); !error.empty()) return error;
  request.model.command = command;
  if (std::string error = CheckEnvironment(Root()); !error.empty()) return error;
  if (std::string error = ReadOnnxFile(request.onnx_path, request.model.onnx); !error.empty()) return error;
  if (std::string error = ApplyFaults(faults, request.model); !error.empty()) return error;
  if (std::string error = Compile(request.model, request.input_shapes); !error.empty()) return error;
  // Scratch, which the real one leaves where it is called.
  std::ofstream("fusion_result.json") << "{\"session_and_graph_id_0_0\": {\"graph_fusion\": {}, \"ub_fusion\": {}}}\n";
  if (faults.no_output) return "";
  if (Value(flags, "external_weight") == "1") {
    if (std::string error = MoveWeights(request); !error.empty()) return error;
  }
  const std::string om = WriteOm(request.model);
  if (Value(flags, "display_model_info") == "1") std::fputs(ModelInformation(request.model, om.size()).c_str(), stdout);
  return WriteWhole(OmPath(request.output, faults.arch_suffix), om);
}

std::string WriteGraph(const Flags& flags) {
  CompiledModel model;
  size_t size = 0;
  if (std::string error = ReadOmFile(flags, model, size); !error.empty()) return error;
  const std::string path = Value(flags, "json");
  if (path.empty()) return "E10054: The required parameter --json is not set";
  std::string json;
  if (std::string error = GraphJson(model, json); !error.empty()) return error;
  return WriteWhole(path, json);
}

std::string ShowModel(const Flags& flags) {
  CompiledModel model;
  size_t size = 0;
  std::string error = ReadOmFile(flags, model, size);
  if (error.empty()) std::fputs(ModelInformation(model, size).c_str(), stdout);
  return error;
}

std::string RunMode(const std::vector<std::string>& arguments) {
  const char* text = std::getenv("ASCEND_EMULATOR_ATC_FAULT");
  const auto faults = ParseFaults(text != nullptr ? text : "");
  if (!faults) return fmt::format("EMULATOR: ASCEND_EMULATOR_ATC_FAULT=\"{}\" is not known", text);
  Flags flags;
  if (std::string error = ParseFlags(arguments, flags); !error.empty()) return error;
  const std::string mode = Value(flags, "mode", "0");
  if (mode == "1") return WriteGraph(flags);
  if (mode == "6") return ShowModel(flags);
  if (mode == "3") return "E10055: Mode 3 is not supported by the emulator";
  return CompileModel(flags, fmt::format("atc {}", fmt::join(arguments, " ")), *faults);
}

int Main(const std::vector<std::string>& arguments) {
  if (const std::string library = MissingLibrary(Root()); !library.empty()) {
    fmt::print(stderr,
               "atc.bin: error while loading shared libraries: {}: cannot open shared object file: No such file or "
               "directory\n",
               library);
    return kNotLoaded;
  }
  if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h")) {
    std::fputs(Usage().c_str(), stdout);
    return 0;
  }
  fmt::print("ATC start working now, please wait for a moment.\n");
  std::fflush(stdout);
  const std::string error = RunMode(arguments);
  if (!error.empty()) {
    fmt::print("ATC run failed, Please check the detail log, Try 'atc --help' for more information\n{}\n", error);
    return kFailed;
  }
  fmt::print(
      "ATC run success, welcome to the next use.\nW11001: This is an emulator: nothing was compiled for speed\n");
  return 0;
}

}  // namespace
}  // namespace ascend_emulator

int main(int argc, char** argv) { return ascend_emulator::Main({argv + 1, argv + argc}); }
