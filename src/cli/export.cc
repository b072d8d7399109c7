// convnext export: the model as ONNX, for other programs and for Ascend's atc.
#include <charconv>
#include <filesystem>

#include "cli/cli.h"
#include "cli/files.h"
#include "cli/options.h"
#include "convnext/engine.h"
#include "convnext/onnx/onnx.h"

namespace convnext::cli {
namespace {

constexpr const char* kExportExamples = R"(Examples:
  convnext export --output model.onnx
  convnext export --model_path weights/m --batch 1,4,8,16 --output m.onnx   (writes m.b1.onnx to m.b16.onnx)
  convnext export --model_path weights/m --batch dynamic --image_size dynamic --output any.onnx
  convnext export --model_path weights/m --batch 1 --opset 13 --output m.onnx
  atc --framework=5 --model=m.onnx --input_shape=images:1,3,256,256 --precision_mode_v2=origin \
      --soc_version=Ascend910B4 --output=m

The input "images" is float32 [batch, 3, height, width], as 'convnext preprocess --output input.npy' writes it; the output
"embeddings" is float32 [batch, embedding_dim], as 'convnext infer' gives it without --normalize.)";

struct ExportArguments {
  EngineOptions engine;  // its model
  std::string output, batch = "dynamic", image_size;
  int opset = 17;
  bool external_data = false;
  bool uint8_input = false;
};

// A size as written on the command line; what it may be is checked where it is used.
Result<std::optional<int64_t>> ParseSize(std::string_view flag, std::string_view text) {
  if (text == "dynamic") return std::optional<int64_t>();
  if (const auto value = ParseNumber<int64_t>(text)) return value;
  return Invalid("{} \"{}\": expected a number or \"dynamic\"", flag, Printable(text));
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t end = text.find(separator); end != std::string::npos; end = text.find(separator, begin)) {
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

// "256", "256x320" (height x width), "dynamic"; nothing said: the model's own.
Status SetImageSize(const std::string& text, const Preprocessing& preprocessing, OnnxOptions& options) {
  options.height = preprocessing.image_size.height;
  options.width = preprocessing.image_size.width;
  if (text.empty()) return {};
  const std::vector<std::string> parts = Split(text, 'x');
  if (parts.size() > 2) return Invalid("--image_size \"{}\": expected N, HxW or \"dynamic\"", Printable(text));
  const auto height = ParseSize("--image_size", parts.front()), width = ParseSize("--image_size", parts.back());
  if (!height.ok()) return height.status();
  if (!width.ok()) return width.status();
  options.height = *height;
  options.width = *width;
  return {};
}

// The files to write: one, or with several batch sizes "m.b4.onnx" for each.
struct Export {
  std::string path;
  OnnxOptions options;
};
Result<std::vector<Export>> Exports(const ExportArguments& arguments, const Preprocessing& preprocessing) {
  OnnxOptions options;
  options.opset = arguments.opset;
  options.external_data = arguments.external_data;
  options.uint8_input = arguments.uint8_input;
  CONVNEXT_RETURN_IF_ERROR(SetImageSize(arguments.image_size, preprocessing, options));
  const std::vector<std::string> batches = Split(arguments.batch, ',');
  const std::string stem = arguments.output.substr(0, arguments.output.size() - std::string_view(".onnx").size());
  std::vector<Export> exports;
  exports.reserve(batches.size());
  for (const std::string& batch : batches) {
    CONVNEXT_ASSIGN_OR_RETURN(const auto size, ParseSize("--batch", batch));
    options.batch = size;
    exports.push_back({batches.size() == 1 ? arguments.output : fmt::format("{}.b{}.onnx", stem, batch), options});
  }
  return exports;
}

Status CheckExports(const ExportArguments& arguments) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto exports, Exports(arguments, Preprocessing()));
  for (const Export& wanted : exports) {
    CONVNEXT_RETURN_IF_ERROR(CheckOnnxOptions(wanted.options));
  }
  return {};
}

std::string SizeText(std::optional<int64_t> size, const char* name) {
  return size ? fmt::format("{}", *size) : std::string(name);
}

void Report(const Export& written, const ConvNeXtConfig& config) {
  const OnnxOptions& options = written.options;
  const std::string batch = SizeText(options.batch, "batch");
  std::error_code error;
  auto bytes = std::filesystem::file_size(written.path, error);
  if (options.external_data) bytes += std::filesystem::file_size(written.path + ".data", error);
  const std::string size = fmt::format("{}, {}", SizeText(options.height, "height"), SizeText(options.width, "width"));
  PrintOut(
      "wrote {}{}: opset {}, {} {} -> {} [{}, {}]{}\n", Printable(written.path, 1000),
      options.external_data ? " and .data" : "", options.opset, kOnnxInput,
      options.uint8_input ? fmt::format("uint8 [{}, {}, 3]", batch, size) : fmt::format("[{}, 3, {}]", batch, size),
      kOnnxOutput, batch, config.embedding_dim(),
      error ? "" : fmt::format(", {:.1f} MB", static_cast<double>(bytes) / 1e6));
}

Status CheckFiles(const std::string& model_path, const std::vector<Export>& exports) {
  CommandFiles files;
  files.ReadsModel(model_path);
  for (const Export& wanted : exports) {
    CONVNEXT_RETURN_IF_ERROR(CheckOnnxOptions(wanted.options));
    files.Writes("--output", wanted.path);
    if (wanted.options.external_data) files.Writes("--external_data", wanted.path + ".data");
  }
  return files.Check();
}

Status ExportModel(const ExportArguments& arguments) {
  if (!arguments.output.ends_with(".onnx")) {
    return Invalid("--output {}: expected FILE.onnx", Printable(arguments.output));
  }
  CONVNEXT_ASSIGN_OR_RETURN(const auto path, ModelPath(arguments.engine.model_path));
  CONVNEXT_ASSIGN_OR_RETURN(const auto model, OpenModel(path));
  CONVNEXT_ASSIGN_OR_RETURN(const auto exports, Exports(arguments, model.config.preprocessing));
  CONVNEXT_RETURN_IF_ERROR(CheckFiles(path, exports));
  for (const std::string& note : model.config.notes) Warn(note);
  for (const Export& wanted : exports) {
    CONVNEXT_RETURN_IF_ERROR(WriteOnnx(model, wanted.options, wanted.path));
    Report(wanted, model.config);
  }
  return {};
}

// The checks of the three options, before anything is read.
std::string CheckOpset(const std::string& text) {
  OnnxOptions options;
  options.opset = ParseNumber<int>(text).value_or(0);
  return CheckOnnxOptions(options).message();
}

std::string CheckBatches(const std::string& text) {
  ExportArguments arguments;
  arguments.batch = text;
  arguments.output = ".onnx";
  return CheckExports(arguments).message();
}

std::string CheckImageSize(const std::string& text) {
  ExportArguments arguments;
  arguments.image_size = text;
  arguments.output = ".onnx";
  return text.empty() ? "\"\": expected N, HxW or \"dynamic\"" : CheckExports(arguments).message();
}

}  // namespace

void AddExport(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("export", "Write the model as ONNX: for ONNX Runtime, TensorRT, OpenVINO, atc");
  command->footer(kExportExamples);
  auto arguments = std::make_shared<ExportArguments>();
  ExportArguments& a = *arguments;
  AddModelPath(*command, a.engine);
  command->add_option("--output", a.output, "FILE.onnx")->required();
  command->add_option("--opset", a.opset, "17: with LayerNormalization; 13: the same in smaller operators")
      ->check(CLI::Validator(CheckOpset, "INT in {13,17}"))
      ->capture_default_str();
  command->add_option("--batch", a.batch, "N, or several as 1,4,8,16 (a file for each: FILE.b4.onnx), or dynamic")
      ->check(CLI::Validator(CheckBatches, ""))
      ->capture_default_str();
  command->add_option(Flag("--image_size"), a.image_size, "N, HxW, or dynamic [the model's own]")
      ->check(CLI::Validator(CheckImageSize, ""));
  command->add_flag(Flag("--external_data"), a.external_data,
                    "the weights in FILE.onnx.data, beside it; needed above 2 GB");
  command->add_flag(Flag("--device_preprocess"), a.uint8_input,
                    "the input is 8-bit pictures, uint8 [N, height, width, 3], which the model normalises");
  command->callback([arguments, &exit_code] {
    const Status status = ExportModel(*arguments);
    exit_code = status.ok() ? kDone : Fail(status);
  });
}

}  // namespace convnext::cli
