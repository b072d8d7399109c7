// convnext synth: weights that mean nothing but are the same bits everywhere.
#include "cli/cli.h"
#include "engine/engine.h"

namespace convnext::cli {
namespace {

constexpr const char* kSynthExamples = R"(Examples:
  convnext synth --architecture convnext_base.clip_laion2b --output weights/synthetic
  convnext synth --config config.json --seed 7 --output weights/other

Synthetic weights show that a program works, how fast it is and whether two programs agree. Their embeddings mean nothing.)";

constexpr size_t kMaxConfigBytes = size_t{1} << 20;

struct SynthArguments {
  std::string architecture, config, output;
  uint64_t seed = 0;
};

Result<ConvNeXtConfig> Config(const SynthArguments& arguments) {
  if (arguments.config.empty()) return ArchitectureConfig(arguments.architecture);
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, ReadFile(arguments.config, kMaxConfigBytes));
  return ParseConfig({reinterpret_cast<const char*>(file.data()), file.size()}, arguments.config);
}

Status Synth(const SynthArguments& arguments) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto config, Config(arguments));
  CONVNEXT_RETURN_IF_ERROR(WriteSyntheticModel(config, arguments.seed, arguments.output));
  fmt::print("synthetic {} with seed {}: {} parameters\nwrote {}/config.json and model.safetensors\n", config.name(),
             arguments.seed, ParameterCount(config), Printable(arguments.output, 1000));
  return {};
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
  command->add_option("--seed", a.seed, "another seed, other weights")->capture_default_str();
  command->add_option("--output", a.output, "DIR for config.json and model.safetensors")->required();
  command->callback([arguments, &exit_code] {
    const Status status = Synth(*arguments);
    exit_code = status.ok() ? kDone : Fail(status);
  });
}

}  // namespace convnext::cli
