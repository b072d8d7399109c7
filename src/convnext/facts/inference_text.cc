#include "convnext/facts/inference_text.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "convnext/facts/json_text.h"
#include "convnext/facts/tool.h"
#include "convnext/facts/window.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
EmbeddingNumbers RoundedNumbers(std::span<const T> embedding) {
  EmbeddingNumbers numbers;
  double sum = 0;
  for (const double value : embedding) sum += value * value;
  numbers.l2_norm = RoundTo(std::sqrt(sum), 6);
  for (const double value : embedding.first(std::min(kSampleSize, embedding.size())))
    numbers.sample.push_back(RoundTo(value, 6));
  return numbers;
}

// The fields of the adaptation, in its order.
Json ReferenceFields(const InferenceRecord& record, std::span<const EmbeddingNumbers> embeddings) {
  const auto count = static_cast<double>(record.inputs.size());
  const double seconds = Seconds(record.model_ns);
  const InputFacts& first = record.inputs[0];
  Json json;
  json["model"] = record.model.name;
  json["device"] = record.device.device;
  json["dtype"] = record.device.dtype;
  json["image_path"] = first.path;
  json["input_shape"] = {record.inputs.size(), 3, first.height, first.width};
  json["embedding_shape"] = {record.inputs.size(), record.model.embedding_dim};
  json["embedding_dim"] = record.model.embedding_dim;
  json["l2_norm"] = embeddings[0].l2_norm;
  json["embedding_sample"] = embeddings[0].sample;
  json["inference_time_sec"] = RoundTo(seconds, 6);
  json["images_per_sec"] = RoundTo(seconds > 0 ? count / seconds : 0, 2);
  json["npu_available"] = record.device.npu_count > 0;
  json["npu_count"] = record.device.npu_count;
  json["npu_name"] = record.device.npu_name ? Json(*record.device.npu_name) : Json();
  json["model_load_time_sec"] = RoundTo(Seconds(record.load_ns), 2);
  return json;
}

// The fields that the reference report does not have: how the numbers came about.
Json OwnFields(const InferenceRecord& record) {
  Json json;
  json["synthetic"] = record.model.synthetic;
  json["normalized"] = record.normalize;
  json["batch_size"] = record.batch_size;
  json["time_covers"] =
      "the model's forward passes over all pictures, after one warm-up run; not decoding, resizing or loading";
  json["phase_times_sec"] = {{"decode", RoundTo(Seconds(record.decode_ns), 6)},
                             {"resize", RoundTo(Seconds(record.resize_ns), 6)},
                             {"model", RoundTo(Seconds(record.model_ns), 6)}};
  json["threads"] = record.device.threads;
  json["simd_target"] = record.device.simd_target;
  json["weights_path"] = record.model.weights_path;
  json["weights_sha256"] = record.model.weights_sha256;
  json["convnext_version"] = record.tool.version;
  json["convnext_commit"] = record.tool.commit;
  json["launcher"] = LauncherJson(record.launcher);
  return json;
}

Json Images(const InferenceRecord& record, std::span<const EmbeddingNumbers> embeddings) {
  Json images = Json::array();
  for (size_t row = 0; row < record.inputs.size(); ++row) {
    const InputFacts& input = record.inputs[row];
    images.push_back({{"path", input.path},
                      {"row", row},
                      {"l2_norm", embeddings[row].l2_norm},
                      {"embedding_sample", embeddings[row].sample},
                      {"sha256", input.file_sha256}});
    if (input.turned > 0) images.back()["exif_orientation_applied"] = input.turned;
  }
  return images;
}

Json Failed(const InferenceRecord& record) {
  Json failed = Json::array();
  for (const auto& [path, error] : record.failed) failed.push_back({{"path", path}, {"error", error}});
  return failed;
}

std::vector<std::string> Warnings(const InferenceRecord& record) {
  std::vector<std::string> warnings;
  for (const InputFacts& input : record.inputs) {
    for (const std::string& warning : input.warnings) warnings.push_back(Printable(input.path) + ": " + warning);
  }
  return warnings;
}

}  // namespace

EmbeddingNumbers NumbersOf(std::span<const double> embedding) { return RoundedNumbers(embedding); }
EmbeddingNumbers NumbersOf(std::span<const float> embedding) { return RoundedNumbers(embedding); }

std::string InferenceJson(const InferenceRecord& record, std::span<const EmbeddingNumbers> embeddings) {
  Json json = ReferenceFields(record, embeddings);
  json.update(OwnFields(record));
  json["timestamp"] = record.window.timestamp;
  json["model_notes"] = record.model.notes;
  json["warnings"] = Warnings(record);
  json["images"] = Images(record, embeddings);
  json["failed"] = Failed(record);
  return JsonText(json, 2) + "\n";
}

std::string InferenceLog(const InferenceRecord& record, std::span<const EmbeddingNumbers> embeddings) {
  std::string text = fmt::format("=== {} Inference Log ===\n", record.model.name);
  text += LogLines(ReferenceFields(record, embeddings));
  text += fmt::format("timestamp: {}\n", record.window.timestamp);
  text += LogLines(OwnFields(record));
  for (const Json& image : Images(record, embeddings)) text += fmt::format("image: {}\n", JsonText(image));
  for (const Json& image : Failed(record)) text += fmt::format("failed: {}\n", JsonText(image));
  for (const std::string& note : record.model.notes) text += fmt::format("note: {}\n", note);
  for (const std::string& warning : Warnings(record)) text += fmt::format("warning: {}\n", warning);
  return text;
}

}  // namespace convnext
