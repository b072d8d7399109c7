#include "convnext/bundle/review.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "convnext/facts/facts.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

// A text that a shell takes as one word and as nothing else; `otherwise` for any other.
std::string ShellWord(const std::string& text, const std::string& otherwise) {
  constexpr std::string_view kOthers = "._/:@%+=-";
  const bool plain = !text.empty() && text[0] != '-' && std::all_of(text.begin(), text.end(), [kOthers](char c) {
    return IsLetterOrDigit(c) || kOthers.find(c) != std::string_view::npos;
  });
  return plain ? text : otherwise;
}

std::string ModelName(const Evidence& e) {
  const std::string name = ShellWord(e.accuracy.model.name, "<model_name>");
  return name.find('/') == std::string::npos && name.find("..") == std::string::npos ? name : "<model_name>";
}

std::string WeightsFolder(const Evidence& e) { return "weights/" + ModelName(e); }

std::string Program(const Evidence& e) {
  return e.report.programs.empty() ? "convnext" : "bin/linux-$(uname -m)/convnext";
}

// Where the weights are from. Those that `convnext synth` makes are made again; of others only the digest is known.
std::string FetchWeights(const Evidence& e) {
  const ModelFacts& model = e.accuracy.model;
  if (model.weights_sha256 == kSyntheticWeightsSha256)
    return fmt::format("{} synth --architecture {} --seed 0 --output {}", Program(e), ModelName(e), WeightsFolder(e));
  if (model.synthetic)
    return fmt::format("# {}: config.json, and the synthetic weights with the SHA-256 {}", WeightsFolder(e),
                       ShellWord(model.weights_sha256, "<sha256>"));
  const std::string source = fmt::format("https://huggingface.co/timm/{}/resolve/main", ModelName(e));
  return fmt::format("curl -fL --create-dirs --output-dir {0} -O {1}/config.json -O {1}/model.safetensors",
                     WeightsFolder(e), source);
}

std::string CloneToVerdict(const Evidence& e) {
  return fmt::format("git clone {} {} && cd {}\n", ShellWord(e.report.repository_url, "<repository_url>"),
                     ModelName(e) + "_bundle", ModelName(e) + "_bundle") +
         FetchWeights(e) + "\n" +
         fmt::format("python adapt.py --model_path {} --device npu --output run/bundle\n", WeightsFolder(e));
}

std::string CheckCommands(const Evidence& e) {
  return fmt::format("{0} check .\n{0} check . --rerun --model_path {1}\n", Program(e), WeightsFolder(e));
}

std::string Steps(const Evidence& e) {
  const std::string model = WeightsFolder(e);
  return "pip install -r requirements.txt\n" +
         fmt::format("python inference.py --model_path {} --image_path {} --device npu\n", model,
                     ShellWord(e.inference.inputs.at(0).path, "<image.jpg>")) +
         fmt::format("python eval/eval_accuracy.py --model_path {} --device npu\n", model) +
         fmt::format("python eval/eval_performance.py --model_path {} --device npu\n", model) +
         "python inference.py --help\n";
}

}  // namespace

Json ReviewCommands(const Evidence& evidence) {
  return {{"clone", CloneToVerdict(evidence)}, {"check", CheckCommands(evidence)}, {"steps", Steps(evidence)}};
}

Json CarriedPrograms(const Evidence& evidence) {
  Json programs = Json::array();
  for (const ProgramFacts& program : evidence.report.programs) {
    programs.push_back({{"path", program.path},
                        {"sha256", program.sha256},
                        {"bytes", program.bytes},
                        {"glibc", program.glibc},
                        {"libraries", fmt::format("{}", fmt::join(program.libraries, " "))},
                        {"measured", program.sha256 == evidence.accuracy.tool.binary_sha256}});
  }
  return programs;
}

}  // namespace convnext
