// Provenance: one program, one model, known inputs, one precision.
#include <algorithm>
#include <cstdlib>
#include <set>

#include "convnext/check/rules.h"
#include "convnext/engine/engine.h"
#include "convnext/image/image.h"
#include "convnext/scenes/scenes.h"

namespace convnext {
namespace {

// P1
void OneProgram(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  const ToolFacts& tool = e.accuracy.tool;
  for (const auto& [phase, other] : {std::pair(kEnvironmentEvent, &e.environment.tool),
                                     {kInferenceEvent, &e.inference.tool},
                                     {kPerformanceEvent, &e.performance.tool},
                                     {kEmbeddingEvent, e.embedding ? &e.embedding->tool : &tool},
                                     {kReportEvent, &e.report.tool}}) {
    if (*other != tool) {
      findings.Fail("{} was made by convnext {} commit {} (sha256 {}), accuracy by {} commit {} (sha256 {})", phase,
                    other->version, other->commit, other->binary_sha256, tool.version, tool.commit, tool.binary_sha256);
    }
  }
  if (tool.version.empty() || tool.commit.empty() || !IsSha256Hex(tool.binary_sha256))
    findings.Fail("the program's version, commit or sha256 is missing");
  if (e.environment.compiler.empty() || e.environment.build_flags.empty())
    findings.Fail("the compiler or the build flags are missing");
  if (tool.commit.ends_with('+') || tool.commit == "unknown")
    findings.Warn("the program was built from uncommitted changes or outside git (commit {})", tool.commit);
}

// The description must be what follows from the config.
void CheckDescription(const ModelFacts& model, const ModelConfig& config, Findings& findings) {
  if (model.name != config.name() || model.embedding_dim != config.embedding_dim() ||
      model.image_size != config.preprocessing.image_size || model.config != ConfigJson(config))
    findings.Fail("{}: its name, input size, embedding or config is not what the config gives ({})", model.name,
                  config.name());
  if (config.tag == "synthetic" && !model.synthetic) findings.Fail("{}: synthetic by its name only", model.name);
}

// The weights must have the number of tensors and parameters that the model's architecture has.
void CheckCounts(const ModelFacts& model, Findings& findings) {
  const auto config = ParseConfig(model.config, "the model's config");
  if (!config.ok()) return findings.Fail("{}", config.status().message());
  CheckDescription(model, *config, findings);
  const auto registered = ArchitectureConfig(config->name());
  if (registered.ok() && (registered->depths != config->depths || registered->dims != config->dims))
    findings.Fail("depths or dims are not those of {}", config->name());
  const auto tensors = static_cast<int64_t>(ExpectedTensors(*config).size());
  if (model.tensors != tensors || model.parameters != ParameterCount(*config)) {
    findings.Fail("{} tensors and {} parameters; {} has {} and {}", model.tensors, model.parameters, config->name(),
                  tensors, ParameterCount(*config));
  }
}

// P2
void OneSetOfWeights(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  const ModelFacts& model = e.accuracy.model;
  if (!IsSha256Hex(model.weights_sha256)) findings.Fail("the sha256 of the weights is missing");
  for (const auto& [phase, other] :
       {std::pair(kInferenceEvent, &e.inference.model), {kPerformanceEvent, &e.performance.model}}) {
    if (other->weights_sha256 != model.weights_sha256 || other->tensors != model.tensors ||
        other->parameters != model.parameters || other->config != model.config)
      findings.Fail("{} and accuracy used different weights", phase);
  }
  if (!e.environment.model || e.environment.model->weights_sha256 != model.weights_sha256)
    findings.Fail("the environment record is about other weights");
  CheckCounts(model, findings);
  if (model.weights_sha256 == kSyntheticWeightsSha256 && !model.synthetic)
    findings.Fail("the weights are synthetic (their sha256 is known), but the bundle does not say so");
}

// Whether the picture is a test image: one of the first, or that of the number in "raw/images/123_test_image.png".
bool IsTestImage(const std::string& path, const std::string& bytes) {
  const auto decoded = DecodeImage(std::as_bytes(std::span(bytes)));
  if (!decoded.ok()) return false;
  if (FindTestImage(decoded->pixels)) return true;
  const int number = std::atoi(path.c_str() + std::string_view(kImageFolder).size() + 1);
  if (number <= kKnownTestImages || number > kInputCounts.largest || !path.ends_with("_test_image.png")) return false;
  const Pixels made = TestImage(number - 1);
  return decoded->pixels.width == made.width && decoded->pixels.height == made.height &&
         decoded->pixels.data == made.data;
}

// The chunks of a test image's file: pixels, and what libpng says of their colours, which has no room for more.
bool IsPlainChunk(const PngChunk& chunk) {
  if (chunk.name == "sRGB") return chunk.length == 1;
  if (chunk.name == "gAMA") return chunk.length == 4;
  return chunk.name == "IHDR" || chunk.name == "IDAT" || chunk.name == "IEND";
}

// Whether a PNG has nothing but those, and nothing behind its end.
bool IsPlainPng(std::string_view file) {
  if (!file.starts_with(kPngSignature)) return false;
  auto rest = std::as_bytes(std::span(file.substr(kPngSignature.size())));
  for (PngChunk chunk; ConsumePngChunk(rest, chunk);) {
    if (!chunk.verified || !IsPlainChunk(chunk)) return false;
    if (chunk.name == "IEND") return rest.empty();
  }
  return false;
}

void CheckInput(const Subject& subject, const InputFacts& input, const Preprocessor& preprocessor, Findings& findings) {
  const std::string* bytes = subject.Text(input.path);
  if (bytes == nullptr) return findings.Fail("the input {} is missing", input.path);
  if (DigestOf(*bytes) != input.file_sha256) return findings.Fail("{}: its sha256 is not the recorded one", input.path);
  const auto image = preprocessor.Prepare(std::as_bytes(std::span(*bytes)), input.path);
  if (!image.ok()) return findings.Fail("{}", image.status().message());
  if (TensorSha256(image->data) != input.tensor_sha256 || image->height != input.height || image->width != input.width)
    findings.Fail("{}: decoded and resized it does not give the recorded tensor", input.path);
  if (image->turned != input.turned)
    findings.Fail("{}: recorded as turned by orientation {}, but it asks for {}", input.path, input.turned,
                  image->turned);
  if (image->warnings != input.warnings) findings.Fail("{}: decoding it gives other warnings", input.path);
  const bool drawn = IsTestImage(input.path, *bytes);
  if (input.generated && !drawn) findings.Fail("{} is not a test image of this program", input.path);
  if (input.generated && !IsPlainPng(*bytes))
    findings.Fail("{} holds more than the pixels of a test image", input.path);
  if (!input.generated && drawn)
    findings.Fail("{} is a test image of this program; the record says that it is a photograph", input.path);
}

// A picture counts once, whatever its name.
void CheckDistinct(const std::vector<InputFacts>& inputs, Findings& findings) {
  std::map<std::string, std::string> paths;
  for (const InputFacts& input : inputs) {
    const auto [first, added] = paths.emplace(input.tensor_sha256, input.path);
    if (!added) findings.Fail("{} shows the same as {}", input.path, first->second);
  }
}

// P3
void InputsGiveTheirTensors(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  const auto config = ParseConfig(e.accuracy.model.config, "the model's config");
  if (!config.ok()) return findings.NotChecked("{}", config.status().message());
  Preprocessing preprocessing = config->preprocessing;
  preprocessing.image_size = WithinLimits(e.accuracy.model.image_size);
  const DecodeOptions decoding = DecodingOf(e);
  const Preprocessor preprocessor(preprocessing, decoding);
  if (e.adapt && e.adapt->exif_orientation != Name(decoding.orientation))
    findings.Fail("adapt was to treat EXIF orientations by \"{}\", but the pictures were not",
                  e.adapt->exif_orientation);
  CheckDistinct(e.accuracy.inputs, findings);
  std::vector<InputFacts> checked;
  for (const auto* inputs : {&e.inference.inputs, &e.accuracy.inputs, &e.performance.inputs}) {
    for (const InputFacts& input : *inputs) {
      if (std::find(checked.begin(), checked.end(), input) != checked.end()) continue;
      CheckInput(subject, input, preprocessor, findings);
      checked.push_back(input);
    }
  }
}

// P4
void OnePrecision(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  const DeviceFacts& device = e.accuracy.device;
  const auto& targets = e.environment.simd_targets;
  const auto precision = FindPrecision(device.dtype);
  if (!precision || !MayReport(RanOnNpu(e) ? DeviceKind::kNpu : DeviceKind::kCpu, *precision))
    findings.Fail("{} has no dtype \"{}\"", device.device, device.dtype);
  if (!RanOnNpu(e) && std::find(targets.begin(), targets.end(), device.simd_target) == targets.end())
    findings.Fail("the machine has no SIMD target \"{}\"", device.simd_target);
  if (device.simd_target.ends_with("_BF16") && precision != Precision::kBfloat16)
    findings.Fail("{} products on {}, which multiplies bfloat16", device.dtype, device.simd_target);
  if (!RanOnNpu(e) && !kThreadCounts.Contains(device.threads)) findings.Fail("{} threads", device.threads);
  for (const auto& [phase, other] :
       {std::pair(kInferenceEvent, &e.inference.device), {kPerformanceEvent, &e.performance.device}}) {
    if (other->dtype != device.dtype || other->simd_target != device.simd_target || other->threads != device.threads) {
      findings.Fail("{} ran in {} ({}, {} threads), accuracy in {} ({}, {} threads)", phase, other->dtype,
                    other->simd_target, other->threads, device.dtype, device.simd_target, device.threads);
    }
  }
}

}  // namespace

std::vector<Rule> ProvenanceRules() {
  return {
      {"P1", "one program made everything; its commit, build and sha256 are stated", OneProgram, CommitsOfTexts},
      {"P2", "one set of weights, with the tensors and parameters of its architecture", OneSetOfWeights, nullptr},
      {"P3", "every input is there, and decoding and resizing it gives the recorded tensor", InputsGiveTheirTensors,
       nullptr},
      {"P4", "inference, accuracy and performance ran in one recorded precision", OnePrecision, nullptr},
      {"P5", "the run log and the bundle hold nothing that is not known", NothingUnknown, nullptr},
  };
}

}  // namespace convnext
