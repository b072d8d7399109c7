// convnext synth: weights that mean nothing but are the same bits everywhere.
#include <algorithm>

#include "cli/cli.h"
#include "engine/engine.h"

namespace convnext::cli {
namespace {

constexpr const char* kSynthExamples = R"(Examples:
  convnext synth --architecture convnext_base.clip_laion2b --output weights/synthetic
  convnext synth --config config.json --seed 7 --output weights/other
  convnext synth --architecture convnext_tiny --rule heavy --dtype float16 --output weights/heavy

Synthetic weights show that a program works, how fast it is and whether two programs agree. Their embeddings mean nothing.)";

constexpr size_t kMaxConfigBytes = size_t{1} << 20;

struct SynthArguments {
  std::string architecture, config, output;
  SyntheticOptions weights;
};

// The names of --dtype, and the format's.
constexpr std::pair<const char*, const char*> kDtypes[] = {
    {"float64", "F64"}, {"float32", "F32"}, {"float16", "F16"}, {"bfloat16", "BF16"}};

Result<ConvNeXtConfig> Config(const SynthArguments& arguments) {
  if (arguments.config.empty()) return ArchitectureConfig(arguments.architecture);
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, ReadFile(arguments.config, kMaxConfigBytes));
  return ParseConfig({reinterpret_cast<const char*>(file.data()), file.size()}, arguments.config);
}

Status Synth(const SynthArguments& arguments) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto config, Config(arguments));
  CONVNEXT_RETURN_IF_ERROR(WriteSyntheticModel(config, arguments.weights, arguments.output));
  fmt::print("synthetic {} with seed {}: {} parameters\nwrote {}/config.json and model.safetensors\n", config.name(),
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
  command->add_option("--seed", a.weights.seed, "another seed, other weights")->capture_default_str();
  AddRule(*command, a.weights);
  AddStoredDtype(*command, a.weights);
  command->add_option("--output", a.output, "DIR for config.json and model.safetensors")->required();
  command->callback([arguments, &exit_code] {
    const Status status = Synth(*arguments);
    exit_code = status.ok() ? kDone : Fail(status);
  });
}

}  // namespace convnext::cli
