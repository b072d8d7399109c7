// convnext synth: weights that mean nothing but are the same bits everywhere.
#include <algorithm>
#include <filesystem>
#include <limits>

#include "cli/files.h"
#include "cli/options.h"
#include "convnext/engine.h"

namespace convnext::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSynthExamples = R"(Examples:
  convnext synth --architecture convnext_base.clip_laion2b --output weights/synthetic
  convnext synth --config config.json --seed 7 --output weights/other
  convnext synth --architecture convnext_tiny --rule heavy --dtype float16 --output weights/heavy

Synthetic weights show that a program works, how fast it is and whether two programs agree. Their embeddings mean nothing.)";

constexpr size_t kMaxConfigBytes = size_t{1} << 20;

struct SynthArguments {
  std::string architecture, config, output;
  SyntheticOptions weights;
  bool force = false;
};

// The names of --dtype, and the format's.
constexpr std::pair<const char*, const char*> kDtypes[] = {
    {"float64", "F64"}, {"float32", "F32"}, {"float16", "F16"}, {"bfloat16", "BF16"}};

Result<ModelConfig> Config(const SynthArguments& arguments) {
  if (arguments.config.empty()) return ArchitectureConfig(arguments.architecture);
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, ReadFile(arguments.config, kMaxConfigBytes));
  return ParseConfig({reinterpret_cast<const char*>(file.data()), file.size()}, arguments.config);
}

// Whether `weights` are such as this command makes: their metadata says so.
bool IsSynthetic(const fs::path& weights) {
  const auto file = Safetensors::Open(weights.string());
  if (!file.ok()) return false;
  const auto generator = file->metadata().find("generator");
  return generator != file->metadata().end() && generator->second == "convnext synth";
}

// kInvalid if the directory holds a model, or a part of one, that this command did not make. A config is taken to
// belong to the weights beside it.
Status CheckReplaceable(const std::string& directory) {
  const bool ours = IsSynthetic(fs::path(directory) / "model.safetensors");
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const bool config = name == "config.json" || name == "open_clip_config.json";
    const bool weights = name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json");
    if ((config && !ours) || (weights && !IsSynthetic(entry->path())))
      return Invalid(
          "{}: synth did not make it; nothing is written. Choose another --output, or replace config.json and "
          "model.safetensors there with --force",
          Printable(entry->path().string(), 1000));
  }
  return {};
}

Status CheckFiles(const SynthArguments& arguments) {
  CommandFiles files;
  files.Reads("the config that is read", arguments.config);
  for (const char* name : {"/config.json", "/model.safetensors"}) files.Writes("--output", arguments.output + name);
  CONVNEXT_RETURN_IF_ERROR(files.Check());
  return arguments.force ? Status() : CheckReplaceable(arguments.output);
}

Status Synth(const SynthArguments& arguments) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto config, Config(arguments));
  CONVNEXT_RETURN_IF_ERROR(CheckFiles(arguments));
  CONVNEXT_RETURN_IF_ERROR(WriteSyntheticModel(config, arguments.weights, arguments.output));
  PrintOut("synthetic {} with seed {}: {} parameters\nwrote {}/config.json and model.safetensors\n", config.name(),
           arguments.weights.seed, ParameterCount(config), Printable(arguments.output, 1000));
  return {};
}

void AddRule(CLI::App& command, SyntheticOptions& weights) {
  const auto parse = [&weights](const std::string& name) {
    const auto rule = FindSyntheticRule(name);
    if (!rule) throw CLI::ValidationError(Printable(name) + ": expected uniform or heavy");
    weights.rule = *rule;
  };
  command
      .add_option_function<std::string>("--rule", parse,
                                        "uniform, or heavy: small layer scales of both signs, long tails and channels "
                                        "that tower over the rest, as training leaves them")
      ->default_str("uniform");
}

void AddStoredDtype(CLI::App& command, SyntheticOptions& weights) {
  const auto parse = [&weights](const std::string& name) {
    const auto dtype =
        std::find_if(std::begin(kDtypes), std::end(kDtypes), [&](const auto& d) { return d.first == name; });
    if (dtype == std::end(kDtypes))
      throw CLI::ValidationError(Printable(name) + ": expected float64, float32, float16 or bfloat16");
    weights.dtype = dtype->second;
  };
  command
      .add_option_function<std::string>("--dtype", parse,
                                        "what the weights are stored as: float64, float32, float16 or "
                                        "bfloat16")
      ->default_str("float32");
}

}  // namespace

void AddSynth(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("synth", "Make a model with synthetic weights");
  command->footer(kSynthExamples);
  auto arguments = std::make_shared<SynthArguments>();
  SynthArguments& a = *arguments;
  auto* source = command->add_option_group("model")->require_option(1);
  source->add_option("--architecture", a.architecture, "timm's name, such as convnext_base.clip_laion2b");
  source->add_option("--config", a.config, "timm's config.json or open_clip_config.json");
  command->add_option("--seed", a.weights.seed, "another seed, other weights")
      ->check(InBounds(Bounds<uint64_t>{0, std::numeric_limits<uint64_t>::max()}))
      ->capture_default_str();
  AddRule(*command, a.weights);
  AddStoredDtype(*command, a.weights);
  command->add_option("--output", a.output, "DIR for config.json and model.safetensors")->required();
  command->add_flag("--force", a.force, "replace a model there that synth did not make");
  command->callback([arguments, &exit_code] {
    const Status status = Synth(*arguments);
    exit_code = status.ok() ? kDone : Fail(status);
  });
}

}  // namespace convnext::cli
