#include "convnext/facts/reference_file.h"

#include <algorithm>
#include <cmath>

#include "convnext/facts/record_fields.h"
#include "convnext/json/json.h"

namespace convnext {

// FILE.json as tools/timm_reference.py writes it.
struct ReferenceJson {
  std::string format, model, device, dtype, weights_sha256, embeddings_sha256;
  std::map<std::string, std::string> versions;
  std::vector<ReferenceInput> inputs;
};

template <class Visitor>
void VisitFields(Visitor& visit, ReferenceInput& input) {
  visit("name", input.name);
  visit("file_sha256", input.file_sha256);
  visit("tensor_sha256", input.tensor_sha256);
  visit("shape", input.shape);
}

template <class Visitor>
void VisitFields(Visitor& visit, ReferenceJson& json) {
  visit("format", json.format);
  visit("model", json.model);
  visit("device", json.device);
  visit("dtype", json.dtype);
  visit("weights_sha256", json.weights_sha256);
  visit("embeddings_sha256", json.embeddings_sha256);
  visit("versions", json.versions);
  visit("inputs", json.inputs);
}

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "convnext-reference-1";
constexpr size_t kMaxPictures = 100'000;
constexpr size_t kMaxNpyBytes = size_t{1} << 30;
constexpr JsonLimits kJsonLimits{.bytes = size_t{32} << 20, .depth = 4};  // 100,000 pictures, 335 bytes each
constexpr size_t kMaxVersions = 100;
constexpr size_t kMaxText = 200;
constexpr const char* kAdvice = "make the reference with tools/timm_reference.py";

Status CheckSha256(std::string_view name, const std::string& text) {
  if (IsSha256Hex(text)) return {};
  return Invalid("the field \"{}\": got \"{}\"; expected a SHA-256, {} lower-case hexadecimal digits", name,
                 Printable(text, 80), kSha256Digits);
}

// Words that go into logs and reports as they are.
Status CheckText(std::string_view name, const std::string& text) {
  if (!text.empty() && Printable(text, kMaxText) == text) return {};
  return Invalid("the field \"{}\": got \"{}\"; expected 1 to {} bytes without control characters", name,
                 Printable(text, 80), kMaxText);
}

Status CheckInput(size_t index, const ReferenceInput& input) {
  const std::string path = fmt::format("inputs[{}].", index);
  CONVNEXT_RETURN_IF_ERROR(CheckSha256(path + "file_sha256", input.file_sha256));
  CONVNEXT_RETURN_IF_ERROR(CheckSha256(path + "tensor_sha256", input.tensor_sha256));
  const auto positive = [](int64_t side) { return side > 0; };
  if (input.shape.size() == 3 && input.shape[0] == 3 && std::all_of(input.shape.begin(), input.shape.end(), positive))
    return {};
  const size_t shown = std::min<size_t>(input.shape.size(), 8);
  return Invalid("the field \"{}shape\": got {}; expected [3, height, width]", path,
                 ShapeText(std::span(input.shape).first(shown)));
}

Status CheckVersions(const std::map<std::string, std::string>& versions) {
  if (versions.size() > kMaxVersions) return Invalid("{} versions; at most {} are read", versions.size(), kMaxVersions);
  for (const auto& [name, version] : versions) {
    CONVNEXT_RETURN_IF_ERROR(CheckText("versions", name));
    CONVNEXT_RETURN_IF_ERROR(CheckText(fmt::format("versions.{}", name), version));
  }
  return {};
}

Status CheckInputs(const std::vector<ReferenceInput>& inputs) {
  if (inputs.empty() || inputs.size() > kMaxPictures)
    return Invalid("the field \"inputs\": got {}; expected 1 to {}", Pluralize(inputs.size(), "picture"), kMaxPictures);
  for (size_t i = 0; i < inputs.size(); ++i) {
    CONVNEXT_RETURN_IF_ERROR(CheckInput(i, inputs[i]));
  }
  return {};
}

Status CheckJson(const ReferenceJson& json) {
  for (const auto& [name, text] : {std::pair{"model", &json.model}, {"device", &json.device}}) {
    CONVNEXT_RETURN_IF_ERROR(CheckText(name, *text));
  }
  if (json.dtype != "float32" && json.dtype != "float64")
    return Invalid("the field \"dtype\": got \"{}\"; expected float32 or float64", Printable(json.dtype));
  CONVNEXT_RETURN_IF_ERROR(CheckSha256("weights_sha256", json.weights_sha256));
  CONVNEXT_RETURN_IF_ERROR(CheckSha256("embeddings_sha256", json.embeddings_sha256));
  CONVNEXT_RETURN_IF_ERROR(CheckVersions(json.versions));
  return CheckInputs(json.inputs);
}

// Before the fields: those of another version of the format would only be puzzling.
Status CheckFormat(const Json& json) {
  const auto format = json.is_object() ? json.find("format") : json.end();
  if (format != json.end() && *format == kFormat) return {};
  return Invalid("the field \"format\": got {}; expected \"{}\"",
                 format == json.end() ? "nothing" : Printable(format->dump(-1, ' ', true), 80), kFormat);
}

ReferenceFile FromJson(ReferenceJson json) {
  ReferenceFile file;
  file.facts.device.device = std::move(json.device);
  file.facts.device.dtype = std::move(json.dtype);
  file.facts.file_sha256 = std::move(json.embeddings_sha256);
  file.facts.versions = std::move(json.versions);
  file.inputs = std::move(json.inputs);
  file.model = std::move(json.model);
  file.weights_sha256 = std::move(json.weights_sha256);
  return file;
}

Result<ReferenceFile> ReadJson(const std::string& path) {
  const auto text = ReadFile(path, kJsonLimits.bytes);
  if (!text.ok()) return Status(text.status().code(), fmt::format("{}; {}", text.status().message(), kAdvice));
  auto file = ParseReferenceJson({reinterpret_cast<const char*>(text->data()), text->size()});
  if (!file.ok()) return Invalid("{}: {}; {}", Printable(path), file.status().message(), kAdvice);
  return file;
}

// Reads the embeddings from `bytes`; kInvalid unless they are those that the JSON describes.
Status ParseEmbeddings(std::span<const std::byte> bytes, ReferenceFile& file) {
  if (bytes.size() > kMaxNpyBytes) return Invalid("{} bytes; at most {} are read", bytes.size(), kMaxNpyBytes);
  const std::string sha256 = Sha256(bytes);
  if (sha256 != file.facts.file_sha256)
    return Invalid("its SHA-256 is {}; expected {}, which the JSON beside it says: they are not of one run", sha256,
                   *file.facts.file_sha256);
  CONVNEXT_ASSIGN_OR_RETURN(auto array, ParseNpy(bytes));
  const Shape& shape = array.tensor.shape;
  if (array.dtype != file.facts.device.dtype || shape.size() != 2 ||
      shape[0] != static_cast<int64_t>(file.inputs.size()) || shape[1] < 1) {
    return Invalid("{} {}; expected {} [{}, embedding size]: the JSON beside it names {}", array.dtype,
                   ShapeText(shape), file.facts.device.dtype, file.inputs.size(),
                   Pluralize(file.inputs.size(), "picture"));
  }
  const auto& data = array.tensor.data;
  if (!std::all_of(data.begin(), data.end(), [](double value) { return std::isfinite(value); }))
    return Invalid("contains NaN or infinity");
  file.embeddings = std::move(array.tensor);
  return {};
}

Status MatchInput(size_t index, const ReferenceInput& reference, const InputFacts& input) {
  if (reference.tensor_sha256 == input.tensor_sha256) return {};
  const std::string path = Printable(input.path);
  if (reference.file_sha256 != input.file_sha256) {
    return Invalid(
        "picture {}: {} here, another picture, {}, in the reference (SHA-256 of the files {} and {}). Give the same "
        "pictures in the same order",
        index + 1, path, Printable(reference.name), input.file_sha256, reference.file_sha256);
  }
  return Invalid(
      "picture {}, {}: the same file, but preprocessed differently: {} here, {} in the reference (SHA-256 of the "
      "tensors {} and {}). Check that both use the same config.json and image size, and that the reference was made "
      "with Pillow 13",
      index + 1, path, ShapeText(Shape{3, input.height, input.width}), ShapeText(reference.shape), input.tensor_sha256,
      reference.tensor_sha256);
}

}  // namespace

Result<ReferenceFile> ParseReferenceJson(std::string_view text) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto json, ParseJson(text, kJsonLimits));
  CONVNEXT_RETURN_IF_ERROR(CheckFormat(json));
  CONVNEXT_ASSIGN_OR_RETURN(auto fields, RecordFromJson<ReferenceJson>(json));
  CONVNEXT_RETURN_IF_ERROR(CheckJson(fields));
  return FromJson(std::move(fields));
}

Result<ReferenceFile> ReadReferenceFile(const std::string& npy_path) {
  if (!npy_path.ends_with(".npy"))
    return Invalid("{}: expected FILE.npy, with FILE.json beside it", Printable(npy_path));
  auto file = ReadJson(npy_path.substr(0, npy_path.size() - 4) + ".json");
  if (!file.ok()) return file;
  CONVNEXT_ASSIGN_OR_RETURN(const auto bytes, MappedFile::Open(npy_path));
  if (Status status = ParseEmbeddings(bytes.bytes(), *file); !status.ok())
    return Invalid("{}: {}; {}", Printable(npy_path), status.message(), kAdvice);
  return file;
}

Status MatchReference(const ReferenceFile& reference, const ModelFacts& model, std::span<const InputFacts> inputs) {
  if (reference.weights_sha256 != model.weights_sha256) {
    return Invalid(
        "the reference was made with other weights: SHA-256 {} ({}); expected {} ({}). Make it again, with this "
        "model: tools/timm_reference.py",
        reference.weights_sha256, reference.model, model.weights_sha256, Printable(model.name));
  }
  if (const int64_t dim = reference.embeddings.shape[1]; dim != model.embedding_dim) {
    return Invalid(
        "the reference has embeddings of {} numbers; the model gives {}. Make it again, with this config.json", dim,
        model.embedding_dim);
  }
  if (reference.inputs.size() != inputs.size()) {
    return Invalid("the reference is of {}; this run is of {}. Give the same pictures in the same order",
                   Pluralize(reference.inputs.size(), "picture"), inputs.size());
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    CONVNEXT_RETURN_IF_ERROR(MatchInput(i, reference.inputs[i], inputs[i]));
  }
  return {};
}

}  // namespace convnext
