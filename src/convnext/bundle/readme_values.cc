#include "convnext/bundle/readme_values.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

#include "convnext/bundle/json_rows.h"
#include "convnext/bundle/layout.h"
#include "convnext/bundle/review.h"
#include "convnext/json/json.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

struct Document {
  const char* name;
  const char* path;
};
constexpr Document kJsonDocuments[] = {{"inference", kInferenceJsonPath},
                                       {"accuracy", kAccuracyJsonPath},
                                       {"performance", kPerformanceJsonPath},
                                       {"env", kEnvironmentJsonPath},
                                       {"embedding", kEmbeddingJsonPath}};  // where it was recorded

std::string TextOf(const Files& documents, const std::string& path) {
  const auto found = documents.find(path);
  return found == documents.end() ? "" : found->second;
}

// An object without fields where there is no such document: what the template wants of it then stands out unfilled.
Json Parsed(const Files& documents, const std::string& path) {
  auto json = ParseJson(TextOf(documents, path));
  return json.ok() && json->is_object() ? *std::move(json) : Json::object();
}

// A field of an object; `otherwise` where there is none of that type.
Json FieldOr(const Json& object, const char* name, const Json& otherwise) {
  const auto found = object.find(name);
  return found != object.end() && found->type() == otherwise.type() ? *found : otherwise;
}

Json ParsedDocuments(const Files& documents) {
  Json parsed;
  for (const Document& document : kJsonDocuments) parsed[document.name] = Parsed(documents, document.path);
  return parsed;
}

Json RecordsJson(const Evidence& evidence) {
  return {{kEnvironmentEvent, ToJson(evidence.environment)},
          {kInferenceEvent, ToJson(evidence.inference)},
          {kAccuracyEvent, ToJson(evidence.accuracy)},
          {kPerformanceEvent, ToJson(evidence.performance)},
          {kReportEvent, ToJson(evidence.report)}};
}

bool PassesAccuracy(const Evidence& evidence) {
  return AssessAccuracy(evidence.accuracy, evidence.reference_embeddings, evidence.test_embeddings).passed();
}

Json EmbeddingSample(std::span<const double> reference, std::span<const double> test) {
  Json sample = {{"reference", Json::array()}, {"test", Json::array()}, {"difference", Json::array()}};
  for (size_t i = 0; i < std::min({kSampleSize, reference.size(), test.size()}); ++i) {
    sample["reference"].push_back(fmt::format("{:.9g}", reference[i]));
    sample["test"].push_back(fmt::format("{:.9g}", test[i]));
    sample["difference"].push_back(fmt::format("{:.9g}", test[i] - reference[i]));
  }
  return sample;
}

Json ImageRows(const Evidence& evidence, const Json& record, const Json& document) {
  const Json errors = FieldOr(document, "per_image_results", Json::array());
  Json images = Json::array();
  for (size_t i = 0; i < evidence.accuracy.inputs.size(); ++i) {
    Json image = {{"index", i}, {"input", record["inputs"][i]}};
    image["errors"] = i < errors.size() ? errors[i] : Json::object();
    image["sample"] =
        EmbeddingSample(MatrixRow(evidence.reference_embeddings, i), MatrixRow(evidence.test_embeddings, i));
    images.push_back(std::move(image));
  }
  return images;
}

Json EmbeddingColumns(const Evidence& evidence) {
  Json columns = Json::array();
  const size_t dim = MatrixRow(evidence.reference_embeddings, 0).size();
  for (size_t i = 0; i < std::min(kSampleSize, dim); ++i) columns.push_back(i);
  return columns;
}

Json BatchRows(const Json& document) {
  Json batches = Json::array();
  const Json results = FieldOr(document, "per_batch_results", Json::object());
  for (const auto& item : results.items()) {
    batches.push_back({{"name", item.key()}, {"result", item.value()}});
  }
  return batches;
}

// Names the set of pictures by what the model saw of them.
std::string InputSetSha256(const std::vector<InputFacts>& inputs) {
  std::string digests;
  for (const InputFacts& input : inputs) digests += input.tensor_sha256 + "\n";
  return Sha256(std::as_bytes(std::span(digests)));
}

// Where something was measured: a metric that leaves the bundle takes this along.
std::string DescribeSetup(const DeviceFacts& device, const ModelFacts& model) {
  return fmt::format("{}{}{}", device.device, device.npu_name ? " (" + *device.npu_name + ")" : "",
                     model.synthetic ? ", synthetic weights" : "");
}

void AddMetric(const std::string& type, const std::string& name, const Json& document, const std::string& field,
               Json& metrics) {
  const auto value = document.find(field);
  if (value != document.end() && value->is_number())
    metrics.push_back({{"type", type}, {"name", name}, {"value", *value}});
}

Json ModelIndexMetrics(const Evidence& evidence, const Json& doc) {
  Json metrics = Json::array();
  const std::string accuracy = DescribeSetup(evidence.accuracy.device, evidence.accuracy.model);
  for (const char* field :
       {"overall_max_rel_error_pct", "overall_mean_rel_error_pct", "overall_min_cosine_similarity"}) {
    const std::string type = std::string(field).substr(std::string_view("overall_").size());
    AddMetric(type, fmt::format("{} on {}", type, accuracy), doc["accuracy"], field, metrics);
  }
  const std::string performance = DescribeSetup(evidence.performance.device, evidence.performance.model);
  for (const Json& batch : BatchRows(doc["performance"])) {
    AddMetric("throughput_img_per_sec",
              fmt::format("throughput_img_per_sec {} on {}", batch["name"].get<std::string>(), performance),
              batch["result"], "throughput_img_per_sec", metrics);
  }
  return metrics;
}

Json NamedValues(const std::map<std::string, std::string>& values) {
  Json list = Json::array();
  for (const auto& [name, value] : values) list.push_back({{"name", name}, {"value", value}});
  return list;
}

Json JsonSources(const Json& doc) {
  Json sources = Json::array();
  for (const Document& document : kJsonDocuments) {
    if (doc[document.name].empty()) continue;
    sources.push_back({{"source", document.path}, {"rows", JsonRows(doc[document.name])}});
  }
  return sources;
}

Json TextDocuments(const Files& documents) {
  Json texts = Json::array();
  for (const BundleFile& file : BundleFiles()) {
    const bool there = file.required || documents.contains(file.path);
    if (there && (file.kind == FileKind::kLog || file.kind == FileKind::kJson))
      texts.push_back({{"path", file.path}, {"text", TextOf(documents, file.path)}});
  }
  return texts;
}

std::string DirectoryTree(const Evidence& evidence) {
  std::set<std::string> paths;
  for (const auto* inputs : {&evidence.inference.inputs, &evidence.accuracy.inputs, &evidence.performance.inputs}) {
    for (const InputFacts& input : *inputs) paths.insert(input.path);
  }
  for (const BundleFile& file : BundleFiles()) {
    const bool there = evidence.embedding || std::string_view(file.event) != kEmbeddingEvent;
    if (there && file.kind != FileKind::kExecutable) paths.insert(file.path);
  }
  for (const ProgramFacts& program : evidence.report.programs) paths.insert(program.path);
  std::string tree = ".\n";
  for (const std::string& path : paths) {
    tree += fmt::format("{} {}\n", path == *paths.rbegin() ? "└──" : "├──", Printable(path, 1000));
  }
  return tree;
}

// The document of an embedding, with its failures as rows; null where none was recorded.
Json EmbeddingValues(const Json& document) {
  if (document.empty()) return nullptr;
  Json values = document;
  values["failure_rows"] = Json::array();
  const Json failures = FieldOr(document, "failures", Json::object());
  for (const auto& item : failures.items())
    values["failure_rows"].push_back({{"code", item.key()}, {"count", item.value()}});
  return values;
}

// In the language of the README. Records of earlier versions have English alone.
Json Reasons(const std::vector<BlockingReason>& reasons, Language language) {
  Json list = Json::array();
  for (const BlockingReason& reason : reasons) {
    const ReasonTexts english{reason.symptom, reason.cause, reason.advice};
    const ReasonTexts& texts = language == Language::kChinese && reason.chinese ? *reason.chinese : english;
    list.push_back(
        {{"code", reason.code}, {"symptom", texts.symptom}, {"cause", texts.cause}, {"advice", texts.advice}});
  }
  return list;
}

Json PrecisionInWords(const DeviceFacts& device, Language language) {
  const auto& text =
      language == Language::kChinese && device.precision_chinese ? device.precision_chinese : device.precision;
  return text ? Json(*text) : Json();
}

}  // namespace

Json ReadmeValues(const Evidence& evidence, const Files& documents, const std::string& run_digest, Language language) {
  const bool on_npu = RanOnNpu(evidence);
  const bool has_reasons = !evidence.environment.blocking_reasons.empty();
  Json values = {{"record", RecordsJson(evidence)}, {"doc", ParsedDocuments(documents)}};
  values["model"] = evidence.accuracy.model.name;
  values["base_model"] = "timm/" + evidence.accuracy.model.name;
  values["synthetic"] = evidence.accuracy.model.synthetic;
  values["on_npu"] = on_npu;
  values["less_than_float32"] = on_npu && FindPrecision(evidence.accuracy.device.dtype) != Precision::kFloat32;
  values["emulated"] = IsEmulated(evidence);
  values["blocked"] = !on_npu && has_reasons;
  values["not_used"] = !on_npu && !has_reasons;
  values["reasons"] = Reasons(evidence.environment.blocking_reasons, language);
  values["precision"] = PrecisionInWords(evidence.accuracy.device, language);
  values["source_url"] = evidence.report.source_url;
  values["programs"] = CarriedPrograms(evidence);
  values["carries_program"] = !evidence.report.programs.empty();
  values["commands"] = ReviewCommands(evidence);
  values["launcher"] = LauncherJson(evidence.environment.launcher);
  values["passes"] = PassesAccuracy(evidence);
  values["metrics"] = ModelIndexMetrics(evidence, values["doc"]);
  values["input_set"] = Pluralize(evidence.accuracy.inputs.size(), "image");
  values["input_set_sha256"] = InputSetSha256(evidence.accuracy.inputs);
  values["images"] = ImageRows(evidence, values["record"]["accuracy"], values["doc"]["accuracy"]);
  values["columns"] = EmbeddingColumns(evidence);
  values["batches"] = BatchRows(values["doc"]["performance"]);
  values["embedding"] = EmbeddingValues(values["doc"]["embedding"]);
  values["libraries"] = NamedValues(evidence.environment.libraries);
  values["has_drift"] = !evidence.accuracy.drift.empty();
  values["reference_versions"] = NamedValues(evidence.accuracy.reference.versions);
  values["tree"] = DirectoryTree(evidence);
  values["sources"] = JsonSources(values["doc"]);
  values["texts"] = TextDocuments(documents);
  values["run_digest"] = run_digest;
  return values;
}

}  // namespace convnext
